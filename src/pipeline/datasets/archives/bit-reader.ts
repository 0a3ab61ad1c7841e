/** Bits of a byte array, the highest of each byte first. */
export class BitReader {
  #position = 0
  #bits = 0
  #count = 0

  constructor(readonly bytes: Uint8Array) {}

  /** Bytes that were begun. */
  get position(): number {
    return this.#position - (this.#count >>> 3)
  }

  /** Bits that were read of the last byte that was begun; 0 if it was read to its end. */
  get bitsIntoByte(): number {
    return (8 - (this.#count % 8)) % 8
  }

  /**
   * @param count 0 to 24
   * @throws RangeError at the end of the bytes
   */
  read(count: number): number {
    while (this.#count < count) {
      const byte = this.bytes[this.#position++]
      if (byte === undefined) throw new RangeError('unexpected end of file')
      this.#bits = ((this.#bits << 8) | byte) >>> 0
      this.#count += 8
    }
    this.#count -= count
    const value = this.#bits >>> this.#count
    this.#bits &= (1 << this.#count) - 1
    return value
  }

  /** The next bits without reading them, as if zeros followed the end. */
  peek(count: number): number {
    while (this.#count < count) {
      this.#bits = ((this.#bits << 8) | (this.bytes[this.#position] ?? 0)) >>> 0
      this.#position++
      this.#count += 8
    }
    return this.#bits >>> (this.#count - count)
  }

  /**
   * Leaves out bits that were peeked at.
   * @throws RangeError if they are not there
   */
  skip(count: number): void {
    this.#count -= count
    this.#bits &= (1 << this.#count) - 1
    if (this.position > this.bytes.length) throw new RangeError('unexpected end of file')
  }

  /** Leaves out what is left of the byte that was begun. */
  align(): void {
    this.#count -= this.#count % 8
    this.#bits &= (1 << this.#count) - 1
  }
}
