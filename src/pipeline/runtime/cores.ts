import {readFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'

/** Cores this process may keep busy: the scheduler's affinity, and a container's quota where there is one. */
export function usableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), quotaCores(readQuota()) ?? Number.POSITIVE_INFINITY))
}

/** `cpu.max` of cgroup v2: quota and period in microseconds, or `max`. */
export function quotaCores(text: string | undefined): number | undefined {
  const [quota = '', period = ''] = text?.trim().split(/\s+/) ?? []
  const cores = Number(quota) / Number(period)
  return Number.isFinite(cores) && cores > 0 ? Math.ceil(cores) : undefined
}

function readQuota(): string | undefined {
  try {
    return readFileSync('/sys/fs/cgroup/cpu.max', 'utf8')
  } catch {
    return undefined
  }
}
