import {release, type} from 'node:os'
import {type ProbeResult, probeProvider} from '../runtime/probe.js'
import type {Provider} from '../runtime/session.js'
import {ENGINES} from '../training/engine/engine-names.js'
import {type EngineProbe, probeEngine} from '../training/engine/engine-probe.js'
import {type CpuReport, checkCpu, checkMemory, type MemoryReport} from './check-cpu.js'
import {checkFolders, type FolderReport} from './check-folders.js'
import {checkNetwork, type NetworkSetting} from './check-network.js'
import {checkLibraries, checkNvidia, type LibraryReport, type NvidiaReport} from './check-nvidia.js'
import {checkPrograms, type ProgramReport} from './check-programs.js'
import {type RunProgram, runProgram} from './run-program.js'

/** What this machine has, and what it lacks. */
export interface Diagnosis {
  readonly system: {readonly os: string; readonly node: string}
  readonly cpu: CpuReport
  readonly memory: MemoryReport
  /** Each has really been tried. */
  readonly providers: readonly ProbeResult[]
  /** Each has really trained a tiny model; missing where that was not asked for. */
  readonly training?: readonly EngineProbe[] | undefined
  readonly nvidia?: NvidiaReport | undefined
  readonly libraries: readonly LibraryReport[]
  readonly programs: readonly ProgramReport[]
  readonly folders: readonly FolderReport[]
  readonly network: readonly NetworkSetting[]
}

export interface DiagnoseOptions {
  readonly signal?: AbortSignal | undefined
  /** Tries what trains models, too. Default: false. */
  readonly training?: boolean | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Replaced in tests. */
  readonly run?: RunProgram | undefined
  readonly probe?: typeof probeProvider | undefined
  readonly probeTraining?: typeof probeEngine | undefined
}

/** Providers that exist for this system at all; the others would only be noise. */
const PROVIDERS: Readonly<Partial<Record<NodeJS.Platform, readonly Provider[]>>> = {
  linux: ['cpu', 'cuda', 'tensorrt', 'webgpu'],
  darwin: ['cpu', 'coreml', 'webgpu'],
  win32: ['cpu', 'directml', 'webgpu'],
}

/** Looks at everything that decides what runs here and how fast. Changes nothing. */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const {signal, env = process.env, run = runProgram, probe = probeProvider, probeTraining = probeEngine} = options
  const [cpu, memory, nvidia, libraries, programs, folders, providers] = await Promise.all([
    checkCpu(),
    checkMemory(),
    checkNvidia(run),
    checkLibraries(run, env),
    checkPrograms(run),
    checkFolders(env),
    Promise.all((PROVIDERS[process.platform] ?? ['cpu']).map(provider => probe({provider}, {signal}))),
  ])
  const system = {os: `${type()} ${release()}`, node: process.versions.node}
  const found = {system, cpu, memory, providers, nvidia, libraries, programs, folders, network: checkNetwork(env)}
  return options.training === true ? {...found, training: await tryEngines(probeTraining, signal)} : found
}

/** One after the other, as each is timed. */
async function tryEngines(probe: typeof probeEngine, signal: AbortSignal | undefined): Promise<EngineProbe[]> {
  const results: EngineProbe[] = []
  for (const engine of ENGINES) results.push(await probe(engine, {signal}))
  return results
}
