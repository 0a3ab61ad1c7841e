import type {ChildProcess} from 'node:child_process'
import {fromErrorRecord, LinguluError} from '../errors.js'
import type {ModelInfo} from '../models/recognizer.js'
import {processDeath} from './process-death.js'
import type {FromWorker, JobEvent, JobInput, ToWorker, WorkerSettings} from './protocol.js'
import {createSpoolDirectory, deleteSpoolDirectory} from './spool-directory.js'
import {forkEntry, siblingEntry} from './start-entry.js'

export interface WorkerListener {
  onEvent(job: number, event: JobEvent): void
  /** The job is over, cancelled or not. */
  onFinished(job: number, rssBytes: number): void
  /** The process is gone without having been asked to. `reason` is a sentence. */
  onCrash(reason: string): void
}

/** A worker as the main process sees it, its model loaded. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<string>
  #info: ModelInfo | undefined
  #killed = false

  private constructor() {
    this.#child = forkEntry(siblingEntry('./worker-host', import.meta.url))
    this.#gone = processDeath(this.#child, 'The inference worker')
  }

  /**
   * Starts a worker and has it load its model.
   *
   * @throws LinguluError what opening the model throws; MODEL_INVALID when the process dies over it; the signal's reason.
   */
  static async start(
    settings: WorkerSettings,
    listener: WorkerListener,
    signal?: AbortSignal | undefined,
  ): Promise<WorkerProcess> {
    signal?.throwIfAborted()
    const worker = new WorkerProcess()
    const kill = () => void worker.kill()
    signal?.addEventListener('abort', kill, {once: true})
    try {
      worker.#info = await worker.#load(settings)
      signal?.throwIfAborted()
      worker.#listen(listener)
      return worker
    } catch (error) {
      await worker.kill()
      throw signal?.aborted ? signal.reason : error
    } finally {
      signal?.removeEventListener('abort', kill)
    }
  }

  get info(): ModelInfo {
    if (this.#info === undefined) throw new Error('The worker has not loaded its model')
    return this.#info
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  run(job: number, input: JobInput): void {
    this.#post({type: 'run', job, input})
  }

  cancel(job: number): void {
    this.#post({type: 'cancel', job})
  }

  /** Ends the process at once, without `onCrash`, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#killed = true
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  async #load(settings: WorkerSettings): Promise<ModelInfo> {
    const spoolDirectory = createSpoolDirectory()
    void this.#gone.then(() => deleteSpoolDirectory(spoolDirectory))
    this.#post({type: 'load', settings, spoolDirectory})
    return await new Promise<ModelInfo>((resolve, reject) => {
      void this.#gone.then(reason => reject(crashOfLoading(settings, reason)))
      this.#child.once('message', (message: FromWorker) => {
        if (message.type === 'ready') resolve(message.info)
        else if (message.type === 'load-failed') reject(fromErrorRecord(message.error))
      })
    })
  }

  #listen(listener: WorkerListener): void {
    this.#child.on('message', (message: FromWorker) => {
      if (this.#killed) return
      if (message.type === 'event') listener.onEvent(message.job, message.event)
      else if (message.type === 'finished') listener.onFinished(message.job, message.rssBytes)
    })
    void this.#gone.then(reason => {
      if (!this.#killed) listener.onCrash(reason)
    })
  }

  #post(message: ToWorker): void {
    // A worker that has just died cannot be written to; its death is noticed elsewhere.
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}

function crashOfLoading({folder, session}: WorkerSettings, reason: string): LinguluError {
  return new LinguluError(
    'MODEL_INVALID',
    `${folder.path} ends the worker that loads it on ${session.provider}. ${reason}`,
    {
      hint: 'Run `lingulu doctor`; fetch the model again, or try a smaller one or another --precision.',
    },
  )
}
