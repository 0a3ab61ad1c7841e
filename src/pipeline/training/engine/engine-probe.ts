import {LinguluError} from '../../errors.js'
import {startAskedProcess} from '../../runtime/asked-process.js'
import {probeProvider} from '../../runtime/probe.js'
import {providerFix} from '../../runtime/provider-fix.js'
import {withoutSourcePaths} from '../../runtime/session-error.js'
import {siblingEntry} from '../../runtime/start-entry.js'
import {type EngineName, isTfjsEngine, type TfjsEngineName} from './engine-names.js'
import type {ProbeSteps} from './probe-step.js'
import {findTfjs, SETUP_COMMANDS, TFJS_PACKAGES} from './tfjs/find-tfjs.js'

export type EngineProbe =
  | {
      readonly engine: EngineName
      readonly available: true
      /** The fastest training step of a tiny model. */
      readonly milliseconds: number
      /** Its last loss, which is PyTorch's. */
      readonly loss: number
    }
  | UnavailableEngine

export interface UnavailableEngine {
  readonly engine: EngineName
  readonly available: false
  readonly reason: string
  /** A command, or what to check. */
  readonly fix: string
}

export interface EngineProbeOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutSeconds?: number | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** The process that tries; another one in tests. */
  readonly entry?: URL | undefined
}

/** A GPU driver that has just been loaded may take many seconds for its first context, TensorFlow for itself. */
const TIMEOUT_SECONDS = 120

/**
 * Whether an engine trains: a process of its own takes three steps with a tiny model, and the losses must be PyTorch's.
 * Only that is proof, since libraries can be found and yet not fit together, and some abort the process that tries them.
 *
 * @throws the signal's reason
 */
export async function probeEngine(engine: EngineName, options: EngineProbeOptions = {}): Promise<EngineProbe> {
  const {signal, env = process.env} = options
  if (isTfjsEngine(engine)) {
    if (findTfjs(engine, env) === undefined) return notInstalled(engine)
  } else if (engine !== 'ort-cpu') {
    const provider = engine === 'ort-cuda' ? 'cuda' : 'webgpu'
    const opened = await probeProvider({provider}, {signal})
    if (!opened.available) return {engine, available: false, reason: opened.reason, fix: forTraining(opened.fix)}
  }
  return await tryEngine(engine, options)
}

async function tryEngine(engine: EngineName, options: EngineProbeOptions): Promise<EngineProbe> {
  const {signal, timeoutSeconds = TIMEOUT_SECONDS} = options
  const {entry = siblingEntry('./engine-probe-child', import.meta.url)} = options
  const limit = AbortSignal.timeout(timeoutSeconds * 1000)
  const stop = signal === undefined ? limit : AbortSignal.any([limit, signal])
  await using child = startAskedProcess<{engine: EngineName}, ProbeSteps>(entry, {
    who: `The process that tries ${engine}`,
    signal: stop,
  })
  const unavailable = (reason: string, fix = fixOf(engine, reason)) =>
    ({engine, available: false, reason, fix}) as const
  try {
    const answer = await child.ask({engine})
    if (answer.right) return {engine, available: true, milliseconds: answer.milliseconds, loss: answer.loss}
    return unavailable(`computes wrong losses: ${answer.losses.join(', ')}`, 'Use another --engine')
  } catch (error) {
    signal?.throwIfAborted()
    if (limit.aborted) return unavailable(`gives no answer in ${timeoutSeconds} s`)
    const {message} = error instanceof Error ? error : new Error(String(error))
    const reason = withoutSourcePaths(message.replace(`${engine}: `, ''))
    return unavailable(reason, error instanceof LinguluError ? error.hint : undefined)
  }
}

function notInstalled(engine: TfjsEngineName): UnavailableEngine {
  return {
    engine,
    available: false,
    reason: `not installed (${TFJS_PACKAGES[engine].join(', ')})`,
    fix: SETUP_COMMANDS[engine],
  }
}

function fixOf(engine: EngineName, reason: string): string {
  if (isTfjsEngine(engine)) return SETUP_COMMANDS[engine]
  return engine === 'ort-cpu' ? 'npm ci' : forTraining(providerFix(engine === 'ort-cuda' ? 'cuda' : 'webgpu', reason))
}

/** Advice for those who transcribe names the flag of that command. */
const forTraining = (fix: string): string => fix.replaceAll('--device cpu', '--engine ort-cpu')
