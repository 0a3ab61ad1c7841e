import type {FileHandle} from 'node:fs/promises'

/** Not protobuf: whoever reads through a window turns it into an error that names the file. */
export class MalformedError extends Error {}

const BUFFER_BYTES = 1 << 16

/** Reads a file at any place through one buffer. */
export class ByteWindow {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES)
  #start = 0
  #length = 0

  constructor(
    readonly file: FileHandle,
    readonly size: number,
  ) {}

  /** A base-128 integer and the position after it. Exact up to 2^53. */
  async varint(position: number): Promise<readonly [value: number, after: number]> {
    await this.#hold(position, Math.min(10, this.size - position))
    let value = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.#buffer[position - this.#start + index]
      if (byte === undefined || position + index >= this.size) break
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return [value, position + index + 1]
    }
    throw new MalformedError(`it ends at byte ${this.size} within a number`)
  }

  async text(position: number, length: number): Promise<string> {
    if (length > BUFFER_BYTES) throw new MalformedError('a name is too long')
    await this.#hold(position, length)
    return this.#buffer.toString('utf8', position - this.#start, position - this.#start + length)
  }

  async #hold(position: number, length: number): Promise<void> {
    if (position >= this.#start && position + length <= this.#start + this.#length) return
    const {bytesRead} = await this.file.read(this.#buffer, 0, BUFFER_BYTES, position)
    this.#start = position
    this.#length = bytesRead
    if (bytesRead < length) throw new MalformedError(`it ends at byte ${position + bytesRead}`)
  }
}
