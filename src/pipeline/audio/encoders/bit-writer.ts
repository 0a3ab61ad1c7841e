/** Writes whole numbers of any width, the most significant bit first. */
export class BitWriter {
  #bytes = new Uint8Array(4096)
  #length = 0
  /** Bits not yet a byte, right-aligned. */
  #pending = 0
  #pendingBits = 0

  /** @param bits 0 to 32; of a negative number its two's complement */
  write(value: number, bits: number): void {
    for (let left = bits; left > 0; ) {
      const count = Math.min(left, 8 - this.#pendingBits)
      const part = (value >>> (left - count)) & ((1 << count) - 1)
      this.#pending = (this.#pending << count) | part
      this.#pendingBits += count
      left -= count
      if (this.#pendingBits === 8) this.#flush()
    }
  }

  /** So many zeros and a one. */
  writeUnary(zeros: number): void {
    for (let left = zeros; left > 0; left -= 32) this.write(0, Math.min(left, 32))
    this.write(1, 1)
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits)
  }

  /** All whole bytes so far; a view, good until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #flush(): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes[this.#length++] = this.#pending
    this.#pending = 0
    this.#pendingBits = 0
  }
}
