import {LinguluError} from '../../errors.js'
import type {EngineName} from './engine-names.js'
import {type EngineProbe, probeEngine, type UnavailableEngine} from './engine-probe.js'
import {startEngine} from './start-engine.js'
import type {BuildModel, OpenEngineOptions, TrainingEngine} from './training-engine.js'

/** What trains, and why nothing better does. */
export interface EngineChoice {
  readonly engine: EngineName
  readonly rejected: readonly UnavailableEngine[]
}

export interface ChooseEngineOptions {
  readonly signal?: AbortSignal | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Replaces {@link probeEngine} in tests. */
  readonly probe?:
    | ((engine: EngineName, options: {readonly signal?: AbortSignal | undefined}) => Promise<EngineProbe>)
    | undefined
}

export type OpenTrainingEngineOptions = OpenEngineOptions &
  ChooseEngineOptions & {
    /** `auto`: the best that works. Any other is used or fails. */
    readonly engine: EngineName | 'auto'
  }

/** What `auto` tries, best first, before the CPU. */
const AUTO: readonly EngineName[] = ['tfjs-node-gpu', 'ort-cuda', 'ort-webgpu']

/** In every package; if they were broken, opening the model would say so. */
const SURE = new Set<EngineName>(['ort-cpu'])

/**
 * Turns what the user asks for into what trains. `auto` falls back to the CPU and says why; an engine asked for by name is
 * used or fails.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE with the reason and the fix; the signal's reason
 */
export async function chooseEngine(
  wanted: EngineName | 'auto',
  {signal, env = process.env, probe = probeEngine}: ChooseEngineOptions = {},
): Promise<EngineChoice> {
  if (wanted !== 'auto') {
    const tried = SURE.has(wanted) ? undefined : await probe(wanted, {signal})
    if (tried === undefined || tried.available) return {engine: wanted, rejected: []}
    throw new LinguluError('PROVIDER_UNAVAILABLE', `--engine ${wanted} does not work here: ${tried.reason}`, {
      hint: tried.fix,
    })
  }
  const rejected: UnavailableEngine[] = []
  for (const engine of AUTO) {
    const tried = softwareAdapter(engine, env) ?? (await probe(engine, {signal}))
    if (tried.available) return {engine, rejected}
    rejected.push(tried)
  }
  return {engine: 'ort-cpu', rejected}
}

/**
 * Opens what trains a model.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE as {@link chooseEngine} does
 */
export async function openTrainingEngine(
  build: BuildModel,
  {engine, signal, env, probe, ...options}: OpenTrainingEngineOptions,
): Promise<{readonly engine: TrainingEngine; readonly choice: EngineChoice}> {
  const choice = await chooseEngine(engine, {signal, env, probe})
  return {engine: await startEngine(choice.engine, build, options), choice}
}

/** A Vulkan driver that computes on the CPU is slower there than what is made for it. Nobody gets it unasked. */
function softwareAdapter(engine: EngineName, env: NodeJS.ProcessEnv): UnavailableEngine | undefined {
  const drivers = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES ?? ''
  if (engine !== 'ort-webgpu' || !/swiftshader|lvp_|lavapipe/i.test(drivers)) return undefined
  const reason = `the Vulkan driver is a software one: ${drivers}`
  return {engine, available: false, reason, fix: 'Ask for it by name: --engine ort-webgpu'}
}
