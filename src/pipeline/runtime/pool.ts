import {LinguluError, toErrorRecord} from '../errors.js'
import type {ModelFolder} from '../models/model-folder.js'
import type {ModelInfo} from '../models/recognizer.js'
import {Lane, type LaneLimits} from './lane.js'
import type {JobEvent, JobInput, WorkerSettings} from './protocol.js'
import type {SessionOptions} from './session.js'
import {Task} from './task.js'

export interface PoolOptions extends Partial<LaneLimits> {
  readonly folder: ModelFolder
  /** URL of the module that exports `openRecognizer` (`RecognizerFactory` in `worker-host.ts`). */
  readonly factory: URL
  /** One worker for each (`planWorkers`). */
  readonly sessions: readonly SessionOptions[]
  /** Recordings that one worker recognises at once. */
  readonly slots: number
  /** Threads of each worker that decode audio and compute features. */
  readonly audioThreads?: number | undefined
  readonly audioStallSeconds?: number | undefined
  /** Memory for features of each worker; what is beyond it goes to files. */
  readonly memoryLimitBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Hears that a worker is lost for good while others go on. */
  readonly onWarning?: ((message: string) => void) | undefined
}

const DEFAULTS = {
  ahead: 2,
  audioThreads: 1,
  audioStallSeconds: 60,
  memoryLimitBytes: 1024 ** 3,
  // A batch of 30 s windows on a software GPU takes minutes without a word.
  stallSeconds: 900,
} as const

/** Workers with a loaded model, one per device, and a queue of jobs before them. */
export class WorkerPool {
  readonly #queue: Task[] = []
  readonly #lanes: Lane[]
  #alive: number
  #jobs = 0
  #info: ModelInfo | undefined
  /** Why no worker is left. */
  #dead: unknown

  private constructor(options: PoolOptions) {
    const limits = toLimits(options)
    this.#lanes = options.sessions.map(
      session =>
        new Lane({
          settings: toSettings(options, session),
          limits,
          queue: this.#queue,
          onDead: error => this.#onDead(error, session, options.onWarning),
        }),
    )
    this.#alive = this.#lanes.length
  }

  /**
   * Starts all workers and waits until they have loaded the model.
   *
   * @throws LinguluError what opening the model throws; MODEL_INVALID when it ends the process; the signal's reason.
   */
  static async open(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options)
    try {
      const [info] = await Promise.all(pool.#lanes.map(lane => lane.open(options.signal)))
      pool.#info = info
      return pool
    } catch (error) {
      await pool.close()
      throw error
    }
  }

  /** The model that all workers have loaded. */
  get info(): ModelInfo {
    if (this.#info === undefined) throw new Error('The pool is not open')
    return this.#info
  }

  /**
   * Does one job; may be called as often as there are jobs, which begin in the order of the calls. Ends with `done` or
   * `failed`. Leaving the loop early cancels the job.
   *
   * @throws the signal's reason; the job is then given up.
   */
  async *run(input: JobInput, signal?: AbortSignal | undefined): AsyncGenerator<JobEvent> {
    signal?.throwIfAborted()
    const task = new Task(this.#jobs++, input)
    if (this.#alive === 0) task.fail(noWorkers(this.#dead))
    else this.#queue.push(task)
    for (const lane of this.#lanes) lane.pump()
    try {
      yield* task.events.read(signal)
    } finally {
      this.#forget(task)
    }
  }

  /** Ends all workers at once. Jobs under way end without a result. */
  async close(): Promise<void> {
    this.#alive = 0
    this.#dead ??= new LinguluError('INTERRUPTED', 'The worker pool is closed.')
    this.#failAll()
    await Promise.all(this.#lanes.map(lane => lane.close()))
  }

  #forget(task: Task): void {
    const index = this.#queue.indexOf(task)
    if (index >= 0) this.#queue.splice(index, 1)
    for (const lane of this.#lanes) lane.cancel(task)
  }

  #onDead(error: unknown, {provider, deviceId}: SessionOptions, onWarning: PoolOptions['onWarning']): void {
    this.#alive--
    this.#dead = error
    const device = deviceId === undefined ? provider : `${provider} ${deviceId}`
    onWarning?.(`A worker on ${device} is lost, ${this.#alive} are left. ${toErrorRecord(error).message}`)
    if (this.#alive === 0) this.#failAll()
    for (const lane of this.#lanes) lane.pump()
  }

  #failAll(): void {
    for (const task of this.#queue.splice(0)) task.fail(noWorkers(this.#dead))
  }
}

function toLimits(options: PoolOptions): LaneLimits {
  const {ahead, stallSeconds, jobTimeoutSeconds, recycleAfterJobs, recycleRssBytes} = options
  return {
    ahead: ahead ?? DEFAULTS.ahead,
    stallSeconds: stallSeconds ?? DEFAULTS.stallSeconds,
    jobTimeoutSeconds,
    recycleAfterJobs,
    recycleRssBytes,
  }
}

function toSettings(options: PoolOptions, session: SessionOptions): WorkerSettings {
  const {folder, factory, slots, ahead = DEFAULTS.ahead} = options
  const memoryLimitBytes = options.memoryLimitBytes ?? DEFAULTS.memoryLimitBytes
  return {
    factory: factory.href,
    folder,
    session,
    slots,
    audioThreads: options.audioThreads ?? DEFAULTS.audioThreads,
    audioStallSeconds: options.audioStallSeconds ?? DEFAULTS.audioStallSeconds,
    memoryLimitBytes: Math.floor(memoryLimitBytes / (slots + ahead)),
  }
}

function noWorkers(cause: unknown) {
  const {message, ...record} = toErrorRecord(cause)
  return {...record, message: `No worker is left. ${message}`}
}
