import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {promisify} from 'node:util'

/** Which process, on which machine: a process number alone is used again by the system. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process began, in whatever form the system tells it; empty where it does not. */
  readonly started: string
  /** A short digest of the host name. */
  readonly host: string
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return {pid: process.pid, started: (await startOf(process.pid)) ?? '', host: hostDigest()}
}

/** Whether that process still runs; undefined for a process of another machine. */
export async function isAlive({pid, started, host}: ProcessIdentity): Promise<boolean | undefined> {
  if (host !== hostDigest()) return undefined
  if (!exists(pid)) return false
  const now = await startOf(pid)
  return now === undefined || started === '' || now === started
}

const hostDigest = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return readStartTicks(pid)
  if (process.platform === 'win32') return undefined
  try {
    const {stdout} = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.replaceAll(/\W+/g, '') || undefined
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/PID/stat: clock ticks since boot. The name before it stands in brackets and may hold anything. */
async function readStartTicks(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
