/** Reads bits, most significant first. Past the end it gives zeros and says so in `overrun`. */
export interface FlacBits {
  /** The next `count` ≤ 32 bits as an unsigned number. */
  read(count: number): number
  /** The next `count` ≤ 33 bits as a signed number. */
  readSigned(count: number): number
  /** Number of 0 bits before the next 1, which is consumed too. */
  readUnary(): number
  /** `out.length` Rice-coded numbers with this parameter, from `from` up to `to`. */
  readRice(parameter: number, out: Float64Array, from: number, to: number): void
  alignToByte(): void
  /** In bits. */
  position(): number
  overrun(): boolean
}

export function createBitReader(bytes: Uint8Array): FlacBits {
  const end = bytes.length
  let at = 0 // next byte to load
  let cache = 0 // bits not yet read, at the upper end; all below are 0
  let cached = 0

  const refill = () => {
    for (; cached <= 24; cached += 8) {
      cache |= (at < end ? (bytes[at] as number) : 0) << (24 - cached)
      at++
    }
  }
  /** `count` ≤ 25. */
  const readShort = (count: number) => {
    if (count === 0) return 0
    refill()
    const value = cache >>> (32 - count)
    cache <<= count
    cached -= count
    return value
  }
  const read = (count: number) => (count <= 25 ? readShort(count) : readShort(count - 16) * 0x10000 + readShort(16))
  const position = () => at * 8 - cached
  const overrun = () => position() > end * 8
  const readUnary = () => {
    let zeros = 0
    refill()
    while (cache === 0) {
      if (at > end + 4) return zeros
      zeros += cached
      cached = 0
      refill()
    }
    const leading = Math.clz32(cache)
    cache = (cache << leading) << 1
    cached -= leading + 1
    return zeros + leading
  }
  return {
    read,
    readSigned(count) {
      const value = count > 32 ? read(count - 32) * 2 ** 32 + read(32) : read(count)
      return value >= 2 ** (count - 1) ? value - 2 ** count : value
    },
    readUnary,
    readRice(parameter, out, from, to) {
      for (let i = from; i < to; i++) {
        const quotient = readUnary()
        const coded = (quotient << parameter) | read(parameter)
        out[i] = (coded >>> 1) ^ -(coded & 1)
      }
    },
    alignToByte() {
      readShort(cached % 8)
    },
    position,
    overrun,
  }
}
