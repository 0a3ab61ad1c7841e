/** Writes numbers of any width into bytes, the lowest bits first. */
export class BitWriter {
  #bytes = new Uint8Array(1 << 12)
  #bits = 0

  /** @param width 0 to 32 */
  write(value: number, width: number): void {
    if (this.#bits + width > 8 * this.#bytes.length) {
      const bytes = new Uint8Array(2 * this.#bytes.length)
      bytes.set(this.#bytes)
      this.#bytes = bytes
    }
    let left = width
    let rest = value >>> 0
    while (left > 0) {
      const offset = this.#bits & 7
      const taken = Math.min(8 - offset, left)
      const at = this.#bits >>> 3
      this.#bytes[at] = (this.#bytes[at] as number) | ((rest & ((1 << taken) - 1)) << offset)
      rest >>>= taken
      left -= taken
      this.#bits += taken
    }
  }

  /** An Exp-Golomb code: short for small numbers; `parameter` low bits are written as they are. */
  writeGolomb(value: number, parameter: number): void {
    const shifted = value + 2 ** parameter
    const width = 32 - Math.clz32(shifted)
    this.write(0, width - 1 - parameter)
    this.write(1, 1)
    this.write(shifted - 2 ** (width - 1), width - 1)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, (this.#bits + 7) >>> 3)
  }
}

/** Bits of {@link BitWriter.writeGolomb}. */
export function golombBits(value: number, parameter: number): number {
  return 2 * (32 - Math.clz32(value + 2 ** parameter)) - 1 - parameter
}

/** Reads what a {@link BitWriter} has written. */
export class BitReader {
  readonly #bytes: Uint8Array
  #bit = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Bits that have not been read. */
  get left(): number {
    return 8 * this.#bytes.length - this.#bit
  }

  /** @throws RangeError behind the end */
  read(width: number): number {
    if (width > this.left) throw new RangeError('there are no more bits')
    let value = 0
    for (let done = 0; done < width; ) {
      const offset = this.#bit & 7
      const taken = Math.min(8 - offset, width - done)
      const bits = ((this.#bytes[this.#bit >>> 3] as number) >>> offset) & ((1 << taken) - 1)
      value += bits * 2 ** done
      done += taken
      this.#bit += taken
    }
    return value
  }

  /** @throws RangeError behind the end, and for what is no such code */
  readGolomb(parameter: number): number {
    let zeros = 0
    while (this.read(1) === 0) zeros++
    const width = zeros + parameter
    if (width > 31) throw new RangeError('a number has more than 32 bits')
    return this.read(width) + 2 ** width - 2 ** parameter
  }
}
