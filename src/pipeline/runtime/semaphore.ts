/** Lets a fixed number in at a time; those who wait come first in the order in which they asked. */
export class Semaphore {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(places: number) {
    this.#free = places
  }

  /**
   * Waits for a place; call the result once to give it back.
   *
   * @throws the signal's reason when aborted while waiting.
   */
  async acquire(signal?: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#free === 0) await this.#wait(signal)
    else this.#free--
    let held = true
    return () => {
      if (held) this.#release()
      held = false
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal?.reason)
      }
      this.#waiting.push(enter)
      signal?.addEventListener('abort', leave, {once: true})
    })
  }

  /** A place given back goes straight to the next who waits. */
  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
