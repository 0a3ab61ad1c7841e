import {type DecodingInput, type DecodingOptions, parseDecodingOptions} from './models/decoding-options.js'
import type {ModelFolder, PrecisionChoice} from './models/model-folder.js'
import type {PullEvent} from './models/pull-model.js'
import {readModelFolder} from './models/read-model-folder.js'
import type {ModelInfo} from './models/recognizer.js'
import {resolveModel} from './models/resolve-model.js'
import {defaultBatchSize} from './models/whisper/batch-size.js'
import {usableCores} from './runtime/cores.js'
import {planWorkers} from './runtime/plan-workers.js'
import {WorkerPool} from './runtime/pool.js'
import type {PrepareOptions} from './runtime/prepared-audio.js'
import type {JobAudio, JobEvent} from './runtime/protocol.js'
import {chooseProvider, type ProviderChoice} from './runtime/providers.js'
import type {Device} from './runtime/session.js'
import {siblingEntry} from './runtime/start-entry.js'

export interface FindModelOptions {
  readonly precision?: PrecisionChoice | undefined
  /** Fetch nothing. */
  readonly offline?: boolean | undefined
  /** Hears of downloads. */
  readonly onPull?: ((event: PullEvent) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface OpenModelOptions extends FindModelOptions {
  /** Default `auto`: CUDA where a session really opens, else the CPU. */
  readonly device?: Device | undefined
  /** GPU numbers; one worker on each. */
  readonly devices?: readonly number[] | undefined
  /** Worker processes on the CPU. Default 1. */
  readonly workers?: number | undefined
  /** Threads of all workers together. Default: the cores of this machine. */
  readonly threads?: number | undefined
  /** Windows of different recordings that are decoded together. */
  readonly batchSize?: number | undefined
  /** Rows each window takes, for the default batch size. */
  readonly beams?: number | undefined
  /** A recording that takes longer fails. */
  readonly timeoutSeconds?: number | undefined
  /** Hears that a worker is lost for good while others go on. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** One recording, and what to do with it. */
export interface ModelInput {
  readonly audio: JobAudio
  /** Default: the mean of the channels, as it is. */
  readonly prepare?: Partial<PrepareOptions> | undefined
  /** Options of the model's kind; what is left out has its default. */
  readonly options?: DecodingInput | undefined
}

/** A model loaded in its workers. */
export interface Model extends AsyncDisposable {
  readonly info: ModelInfo
  readonly folder: ModelFolder
  readonly provider: ProviderChoice
  readonly batchSize: number
  /** Recordings to have under way so that no worker waits. */
  readonly capacity: number
  /**
   * Recognises one recording; may be called again before earlier calls have ended. What is wrong with the recording is
   * the last event, `failed`; leaving the loop, or aborting, gives the recording up and leaves the model open.
   *
   * @throws LinguluError OPTION_UNSUPPORTED, CONFIG_INVALID; the signal's reason
   */
  run(input: ModelInput, signal?: AbortSignal | undefined): AsyncGenerator<JobEvent>
  close(): Promise<void>
}

/** Recordings prepared while others are decoded, for each worker. */
const AHEAD = 2
/** A worker is renewed before what it holds can hurt. */
const RECYCLE_AFTER_JOBS = 5000

/**
 * The folder of a model that may have to be fetched first.
 *
 * @param reference a path, a name of the catalogue, or a hub id; undefined is the bundled model
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID, MODEL_DOWNLOAD, OFFLINE
 */
export async function findModelFolder(
  reference: string | undefined,
  {precision, offline, onPull, signal}: FindModelOptions = {},
): Promise<ModelFolder> {
  const {path, name} = await resolveModel(reference, {precision, offline, onEvent: onPull, signal})
  return readModelFolder(path, {precision, name})
}

/**
 * Opens a model in worker processes of its own, so that inference never blocks the caller.
 *
 * @param model a reference as for {@link findModelFolder}, or a folder found with it
 * @throws LinguluError as {@link findModelFolder}; PROVIDER_UNAVAILABLE; OPTION_UNSUPPORTED
 */
export async function openModel(
  model: string | undefined | ModelFolder,
  options: OpenModelOptions = {},
): Promise<Model> {
  const {device = 'auto', devices, workers, threads, signal, timeoutSeconds, onWarning} = options
  const folder = typeof model === 'object' ? model : await findModelFolder(model, options)
  const provider = await chooseProvider(device, {deviceId: devices?.[0], signal})
  const sessions = planWorkers({provider: provider.provider, devices, workers, threads, cores: usableCores()})
  const batchSize = options.batchSize ?? (folder.kind === 'whisper' ? defaultBatchSize(folder, options.beams ?? 5) : 2)
  const pool = await WorkerPool.open({
    folder,
    sessions,
    slots: batchSize,
    ahead: AHEAD,
    factory: siblingEntry('./models/open-recognizer', import.meta.url),
    recycleAfterJobs: RECYCLE_AFTER_JOBS,
    jobTimeoutSeconds: timeoutSeconds,
    signal,
    onWarning,
  })
  return {
    info: pool.info,
    folder,
    provider,
    batchSize,
    capacity: sessions.length * (batchSize + AHEAD),
    async *run({audio, prepare, options: decoding = {}}, runSignal) {
      const {options: checked} = parseDecodingOptions(folder, decoding)
      yield* pool.run({audio, prepare: {channel: 'mix', ...prepare}, options: checked}, runSignal)
    },
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

/** Rows that each window takes in the decoder. */
export function beamsOf({kind, options}: DecodingOptions): number {
  if (kind === 'ctc') return 1
  const sampled = options.temperatures.some(temperature => temperature > 0) ? (options.bestOf ?? 1) : 1
  return Math.max(options.beamSize ?? 1, sampled)
}
