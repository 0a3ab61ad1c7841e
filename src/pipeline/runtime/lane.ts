import {LinguluError} from '../errors.js'
import type {ModelInfo} from '../models/recognizer.js'
import type {JobEvent, WorkerSettings} from './protocol.js'
import type {Task} from './task.js'
import {WorkerProcess} from './worker-process.js'

export interface LaneLimits {
  /** Recordings prepared while others are recognised, for each worker. */
  readonly ahead: number
  /** A recording whose recognition takes longer fails. Without it there is no limit. */
  readonly jobTimeoutSeconds?: number | undefined
  /** A worker that has work and says nothing for so long is ended like one that crashed. */
  readonly stallSeconds: number
  /** A worker is replaced after so many jobs … */
  readonly recycleAfterJobs?: number | undefined
  /** … or when it holds more memory than this. */
  readonly recycleRssBytes?: number | undefined
}

export interface LaneOptions {
  readonly settings: WorkerSettings
  readonly limits: LaneLimits
  /** Shared with the other lanes: the jobs that no worker has yet. */
  readonly queue: Task[]
  /** The worker cannot be started again. */
  readonly onDead: (error: unknown) => void
}

const CHECK_MS = 1000
/** How long a worker may take to let go of a job that was given up. */
const GRACE_MS = 10_000

/** One worker after another on one device: keeps it busy, replaces it when it dies, hangs or grows. */
export class Lane {
  readonly #options: LaneOptions
  readonly #inFlight = new Map<number, Task>()
  /** In flight when a worker died: each is run alone. */
  readonly #suspects: Task[] = []
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  #worker: WorkerProcess | undefined
  #heardAt = performance.now()
  #jobs = 0
  #worn = false

  constructor(options: LaneOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
    this.#timer.unref()
  }

  /** Starts the first worker. @throws what opening the model throws. */
  async open(signal: AbortSignal | undefined): Promise<ModelInfo> {
    await this.#start(signal)
    if (this.#worker === undefined) throw new Error('The lane was closed while it opened')
    return this.#worker.info
  }

  /** Hands out jobs, as many as the worker may hold. */
  pump(): void {
    if (this.#worker === undefined) return
    if (this.#worn) {
      if (this.#inFlight.size === 0) void this.#replace()
      return
    }
    const {settings, limits, queue} = this.#options
    while (this.#inFlight.size < settings.slots + limits.ahead) {
      if (queue[0]?.crash !== undefined) this.#suspects.push(...queue.splice(0, 1))
      else if (this.#suspects.length === 0 && queue.length > 0) this.#send(queue.shift())
      else break
    }
    if (this.#inFlight.size === 0) this.#send(this.#suspects.shift())
  }

  /** Takes a job away. A worker that has it is told to stop. */
  cancel(task: Task): void {
    const index = this.#suspects.indexOf(task)
    if (index >= 0) this.#suspects.splice(index, 1)
    if (!this.#inFlight.has(task.id)) return
    task.abandonedAt ??= performance.now()
    this.#worker?.cancel(task.id)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort()
    const closed = new LinguluError('INTERRUPTED', 'The worker pool was closed while this was being done.')
    for (const task of [...this.#takeInFlight(), ...this.#suspects.splice(0)]) task.fail(closed)
    await this.#worker?.kill()
  }

  #send(task: Task | undefined): void {
    if (task === undefined) return
    this.#heardAt = performance.now()
    this.#inFlight.set(task.id, task)
    this.#worker?.run(task.id, task.input)
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const either = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])])
    // What an earlier worker still had to say must not be taken for the new one's words.
    const mine = () => this.#worker === worker
    const worker = await WorkerProcess.start(
      this.#options.settings,
      {
        onEvent: (job, event) => mine() && this.#onEvent(job, event),
        onFinished: (job, rssBytes) => mine() && this.#onFinished(job, rssBytes),
        onCrash: reason => mine() && this.#onCrash(reason),
      },
      either,
    )
    this.#worker = worker
    this.#jobs = 0
    this.#worn = false
    this.#heardAt = performance.now()
  }

  /** Ends the worker, if it still lives, and starts another. */
  async #replace(): Promise<void> {
    const old = this.#worker
    this.#worker = undefined
    await old?.kill()
    try {
      await this.#start(undefined).catch(error => {
        if (this.#closing.signal.aborted) throw error
        // Once more: a driver may need a moment to clean up after a crash.
        return this.#start(undefined)
      })
      this.pump()
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#options.queue.unshift(...this.#suspects.splice(0))
      clearInterval(this.#timer)
      this.#options.onDead(error)
    }
  }

  #onEvent(job: number, event: JobEvent): void {
    this.#heardAt = performance.now()
    const task = this.#inFlight.get(job)
    if (task === undefined || task.abandonedAt !== undefined) return
    if (event.type === 'started') task.startedAt = performance.now()
    task.events.push(event)
  }

  #onFinished(job: number, rssBytes: number): void {
    const {recycleAfterJobs, recycleRssBytes} = this.#options.limits
    this.#heardAt = performance.now()
    this.#inFlight.get(job)?.events.end()
    this.#inFlight.delete(job)
    this.#jobs++
    if (this.#jobs >= (recycleAfterJobs ?? Number.POSITIVE_INFINITY)) this.#worn = true
    if (rssBytes > (recycleRssBytes ?? Number.POSITIVE_INFINITY)) this.#worn = true
    this.pump()
  }

  #onCrash(reason: string): void {
    for (const task of this.#takeInFlight()) {
      if (task.crash === undefined) {
        task.crash = reason
        task.restart(reason)
        this.#suspects.push(task)
      } else {
        const hint = 'The others go on. Check this file with another tool, or run it with --batch-size 1.'
        task.fail(new LinguluError('WORKER_CRASHED', `${task.name} ended the worker twice. ${reason}`, {hint}))
      }
    }
    void this.#replace()
  }

  /** Empties the worker's hands; those given up are not among what is returned. */
  #takeInFlight(): Task[] {
    const tasks = [...this.#inFlight.values()]
    this.#inFlight.clear()
    for (const task of tasks) if (task.abandonedAt !== undefined) task.events.end()
    return tasks.filter(task => task.abandonedAt === undefined)
  }

  #check(): void {
    if (this.#worker === undefined || this.#inFlight.size === 0) return
    const now = performance.now()
    const {stallSeconds, jobTimeoutSeconds = Number.POSITIVE_INFINITY} = this.#options.limits
    for (const task of this.#inFlight.values()) {
      if (task.abandonedAt === undefined && now - (task.startedAt ?? now) > jobTimeoutSeconds * 1000) {
        const hint = 'Raise the limit, or use a smaller model.'
        task.fail(new LinguluError('TIMEOUT', `${task.name} took longer than ${jobTimeoutSeconds} s.`, {hint}))
        this.cancel(task)
      }
    }
    if ([...this.#inFlight.values()].some(task => now - (task.abandonedAt ?? now) > GRACE_MS)) this.#endStuckWorker()
    else if (now - this.#heardAt > stallSeconds * 1000) {
      this.#onCrash(`The inference worker said nothing for ${stallSeconds} s.`)
    }
  }

  /** The worker does not let go of a job that was given up. The other jobs it had are innocent. */
  #endStuckWorker(): void {
    const innocent = this.#takeInFlight()
    for (const task of innocent) task.restart('The inference worker hung over another recording.')
    this.#options.queue.unshift(...innocent)
    void this.#replace()
  }
}
