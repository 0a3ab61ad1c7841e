import {TransientError, throwIfInterrupted} from './retrying.js'

/** Aborts a request when the user does, or when nothing has arrived for a while. */
export class StallGuard {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #forward = () => this.#controller.abort()
  #stalled = false

  constructor(
    readonly seconds: number,
    readonly user: AbortSignal | undefined,
  ) {
    this.#timer = setTimeout(() => {
      this.#stalled = true
      this.#controller.abort()
    }, seconds * 1000)
    user?.addEventListener('abort', this.#forward, {once: true})
    if (user?.aborted) this.#controller.abort()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Something arrived: the clock starts anew. */
  touch(): void {
    this.#timer.refresh()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.user?.removeEventListener('abort', this.#forward)
  }

  /** Why the request was aborted; undefined if it was not. */
  explain(progressed = false): TransientError | undefined {
    throwIfInterrupted(this.user)
    if (!this.#stalled) return undefined
    return new TransientError(`nothing arrived for ${this.seconds} s`, {progressed})
  }
}
