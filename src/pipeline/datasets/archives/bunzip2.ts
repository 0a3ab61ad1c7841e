import {ArchiveError} from './archive-member.js'
import {BitReader} from './bit-reader.js'
import {readBlock} from './bzip2-block.js'
import {undoRuns} from './bzip2-runs.js'

/** `BZh` and the level. */
const HEADER_BYTES = 4
/** Of a block: 900,000 symbols of at most 20 bits each, its selectors and its code tables, with room to spare. */
const MAXIMUM_BLOCK_BYTES = 3 * 2 ** 20

/**
 * Decompresses bzip2, which Node does not: the format as in bzip2 1.0.8 (Julian Seward). Every block's checksum is
 * compared; streams that follow one another are one.
 * @throws ArchiveError if it is damaged
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const window = new Window(source)
  do {
    const header = Buffer.from(await window.atLeast(HEADER_BYTES)).subarray(0, HEADER_BYTES)
    const level = /^BZh([1-9])$/.exec(header.toString('latin1'))?.[1]
    if (level === undefined) throw new ArchiveError('it is not a bzip2 file, or damaged')
    yield* readStream(window, Number(level) * 100_000)
  } while ((await window.atLeast(1)).length > 0)
}

async function* readStream(window: Window, maximumSymbols: number): AsyncGenerator<Uint8Array> {
  let skipBits = 8 * HEADER_BYTES
  for (;;) {
    const bits = new BitReader(await window.atLeast(MAXIMUM_BLOCK_BYTES))
    skip(bits, skipBits)
    const block = damageAsArchiveError(() => readBlock(bits, maximumSymbols))
    if (block === undefined) {
      window.drop(bits.position)
      return
    }
    yield* undoRuns(block)
    skipBits = bits.bitsIntoByte
    window.drop(bits.position - (skipBits > 0 ? 1 : 0))
  }
}

function skip(bits: BitReader, count: number): void {
  for (let left = count; left > 0; left -= 8) bits.read(Math.min(8, left))
}

function damageAsArchiveError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw new ArchiveError(`it ends too early, or is damaged (${error.message})`)
    throw error
  }
}

/** The part of the file that is being read. */
class Window {
  readonly #source: AsyncIterator<Uint8Array>
  #bytes: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** So many bytes, or more, or all that are left. */
  async atLeast(count: number): Promise<Uint8Array> {
    if (this.#bytes.length >= count) return this.#bytes
    const pieces = [this.#bytes]
    let length = this.#bytes.length
    while (length < count) {
      const next = await this.#source.next()
      if (next.done) break
      pieces.push(next.value)
      length += next.value.length
    }
    this.#bytes = Buffer.concat(pieces)
    return this.#bytes
  }

  drop(count: number): void {
    this.#bytes = this.#bytes.subarray(count)
  }
}
