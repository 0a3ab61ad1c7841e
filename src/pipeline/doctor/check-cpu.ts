import {readFile} from 'node:fs/promises'
import {arch, cpus, freemem, totalmem} from 'node:os'
import {usableCores} from '../runtime/cores.js'

export interface CpuReport {
  readonly model: string
  readonly architecture: string
  readonly cores: number
  /** Cores that this process may use: affinity and container quota. */
  readonly usableCores: number
  /** Instruction sets that speed models up, by their usual names. */
  readonly features: readonly string[]
  /** What they mean for the choice of a model. */
  readonly advice: string
}

export interface MemoryReport {
  readonly totalBytes: number
  readonly availableBytes: number
  /** Of the container, where it has one. */
  readonly limitBytes?: number | undefined
}

/** Kernel flag → usual name. x86 first, then Arm. */
const FEATURES: readonly (readonly [flag: string, name: string])[] = [
  ['avx2', 'AVX2'],
  ['fma', 'FMA'],
  ['f16c', 'F16C'],
  ['avx512f', 'AVX512'],
  ['avx_vnni', 'AVX-VNNI'],
  ['avx512_vnni', 'AVX512-VNNI'],
  ['avx512_bf16', 'AVX512-BF16'],
  ['amx_int8', 'AMX-INT8'],
  ['amx_bf16', 'AMX-BF16'],
  ['asimddp', 'DotProd'],
  ['i8mm', 'I8MM'],
  ['sve', 'SVE'],
]

const FAST_INT8 = ['AVX-VNNI', 'AVX512-VNNI', 'AMX-INT8', 'DotProd', 'I8MM']

/** The processor and what it is good at. */
export async function checkCpu(): Promise<CpuReport> {
  const features = cpuFeatures(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''))
  const processors = cpus()
  return {
    model: processors[0]?.model.trim() || 'unknown',
    architecture: arch(),
    cores: processors.length,
    usableCores: usableCores(),
    features,
    advice: int8Advice(features),
  }
}

/** From `/proc/cpuinfo`; empty where there is none. */
export function cpuFeatures(cpuinfo: string): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/))
  return FEATURES.filter(([flag]) => flags.has(flag)).map(([, name]) => name)
}

function int8Advice(features: readonly string[]): string {
  if (features.length === 0) return 'The processor does not tell what it can do.'
  const fast = FAST_INT8.filter(name => features.includes(name))
  if (fast.length > 0) return `int8 models are fast here (${fast.join(', ')}).`
  return 'int8 models gain little here: the processor has no VNNI. Measure before choosing --precision int8.'
}

/** Memory of the machine, and the container's share of it. */
export async function checkMemory(): Promise<MemoryReport> {
  const limit = Number(await readFile('/sys/fs/cgroup/memory.max', 'utf8').catch(() => 'max'))
  const limitBytes = Number.isFinite(limit) && limit < totalmem() ? limit : undefined
  return {totalBytes: totalmem(), availableBytes: freemem(), limitBytes}
}
