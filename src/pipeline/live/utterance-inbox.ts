import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {EndpointEvent} from '../audio/vad/endpointer.js'

export type Utterance = Extract<EndpointEvent, {type: 'utterance'}>

/** Speech that may wait before the stream is held back: ten minutes, 38 MB. */
const MAX_WAITING_SECONDS = 600

/** Utterances that wait to be recognised: the final ones in turn; of the provisional ones only the newest, when idle. */
export class UtteranceInbox {
  #finals: Utterance[] = []
  #provisional: Utterance | undefined
  #end: {readonly failure?: unknown} | undefined
  #waiters: (() => void)[] = []

  get waitingSeconds(): number {
    return this.#finals.reduce((sum, {samples}) => sum + samples.length, 0) / SAMPLE_RATE_HZ
  }

  put(events: readonly EndpointEvent[]): void {
    for (const event of events) {
      if (event.type !== 'utterance') continue
      if (event.final) this.#finals.push(event)
      // A final utterance overtakes what was heard of it before.
      this.#provisional = event.final ? undefined : event
    }
    this.#notify()
  }

  /** Ends the inbox. A failure is thrown by `take` after all that waits has been taken. */
  end(end: {readonly failure?: unknown}): void {
    this.#end = end
    this.#notify()
  }

  /** Waits for the next utterance; undefined at the end. */
  async take(): Promise<Utterance | undefined> {
    for (;;) {
      const next = this.#finals.shift() ?? this.#provisional
      if (next !== undefined) {
        if (!next.final) this.#provisional = undefined
        this.#notify()
        return next
      }
      if (this.#end !== undefined) {
        if ('failure' in this.#end) throw this.#end.failure
        return undefined
      }
      await this.#change()
    }
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (this.waitingSeconds > MAX_WAITING_SECONDS) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve))
  }

  #notify(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
