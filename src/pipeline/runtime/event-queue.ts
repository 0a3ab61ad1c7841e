/** Hands events from callbacks to an async generator, in order and without loss. */
export class EventQueue<T> {
  readonly #events: T[] = []
  #wake: () => void = () => {}
  #ended = false

  push(event: T): void {
    if (this.#ended) return
    this.#events.push(event)
    this.#wake()
  }

  /** What has been pushed is still delivered. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** For one reader. @throws the signal's reason as soon as it is aborted. */
  async *read(signal?: AbortSignal | undefined): AsyncGenerator<T> {
    const wake = () => this.#wake()
    signal?.addEventListener('abort', wake)
    try {
      for (;;) {
        signal?.throwIfAborted()
        const event = this.#events.shift()
        if (event !== undefined) yield event
        else if (this.#ended) return
        else await new Promise<void>(resolve => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', wake)
    }
  }
}
