import type {ByteSource} from './byte-source.js'

const INITIAL_BYTES = 1 << 16

/**
 * A window over a byte stream that decoders look into and consume from. It holds what was asked for with `fill` and
 * little more, so memory does not depend on the length of the stream. Views it hands out are valid until the next `fill`.
 */
export class ByteReader {
  readonly #source: ByteSource
  #buffer: Uint8Array = new Uint8Array(INITIAL_BYTES)
  #start = 0
  #end = 0
  #position = 0
  #ended = false

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** Size of the whole stream where it is known beforehand (a regular file). */
  get totalBytes(): number | undefined {
    return this.#source.totalBytes
  }

  /** Bytes that can be looked at without waiting. */
  get available(): number {
    return this.#end - this.#start
  }

  /** Bytes consumed since the beginning of the stream. */
  get position(): number {
    return this.#position
  }

  /** Whether the source has nothing beyond `available`. */
  get ended(): boolean {
    return this.#ended
  }

  /** Waits until `bytes` are available; false if the stream ends before. */
  async fill(bytes: number): Promise<boolean> {
    while (this.available < bytes && !this.#ended) {
      const chunk = await this.#source.pull()
      if (chunk === undefined) this.#ended = true
      else this.#append(chunk)
    }
    return this.available >= bytes
  }

  /** The next `bytes` (or fewer, if fewer are available) without consuming them. */
  peek(bytes: number = this.available): Uint8Array {
    return this.#buffer.subarray(this.#start, Math.min(this.#start + bytes, this.#end))
  }

  /** The next `bytes` (or fewer, if fewer are available), consumed. */
  take(bytes: number = this.available): Uint8Array {
    const view = this.peek(bytes)
    this.#start += view.length
    this.#position += view.length
    return view
  }

  /** Consumes `bytes`, reading on as needed; false if the stream ends before. */
  async skip(bytes: number): Promise<boolean> {
    let left = bytes
    left -= this.take(Math.min(left, this.available)).length
    while (left > 0 && (await this.fill(1))) left -= this.take(Math.min(left, this.available)).length
    return left === 0
  }

  #append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length)
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  #makeRoom(bytes: number): void {
    const needed = this.available + bytes
    const target = needed > this.#buffer.length ? new Uint8Array(2 ** Math.ceil(Math.log2(needed))) : this.#buffer
    target.set(this.peek())
    this.#end = this.available
    this.#start = 0
    this.#buffer = target
  }
}
