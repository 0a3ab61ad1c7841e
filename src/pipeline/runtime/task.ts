import {type ErrorRecord, LinguluError, toErrorRecord} from '../errors.js'
import {EventQueue} from './event-queue.js'
import type {JobEvent, JobInput} from './protocol.js'

/** A job in the pool, from its being asked for to its last event. */
export class Task {
  readonly events = new EventQueue<JobEvent>()
  /** Why the worker died that had this job before. It is then run alone, so that the guilty one is found. */
  crash: string | undefined
  /** When recognition began (`performance.now()`). */
  startedAt: number | undefined
  /** When it was given up while a worker still had it (`performance.now()`). */
  abandonedAt: number | undefined

  constructor(
    readonly id: number,
    readonly input: JobInput,
  ) {}

  get name(): string {
    const {audio} = this.input
    return audio.type === 'samples' ? audio.name : audio.path
  }

  /** What the events have said so far is void: the job starts again. */
  restart(reason: string): void {
    this.startedAt = undefined
    this.events.push({type: 'retry', reason})
  }

  fail(error: LinguluError | ErrorRecord): void {
    this.events.push({type: 'failed', error: error instanceof LinguluError ? toErrorRecord(error) : error})
    this.events.end()
  }
}
