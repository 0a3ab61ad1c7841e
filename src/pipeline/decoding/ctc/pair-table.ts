/** Entries per slot: two keys, one value. */
const WIDTH = 3
/** Slots per entry: at two thirds full a look-up probes twice on average. */
const SLACK = 1.5

/**
 * A hash from a pair of numbers to a 32-bit value, an integer or a float, for as many entries as are announced. Twelve
 * bytes a slot, eighteen an entry; keys and value lie together, so a look-up usually costs one cache miss. The first
 * key must not be 0, which marks a free slot.
 */
export class PairTable {
  readonly #slots: number
  readonly #words: Uint32Array
  readonly #floats: Float32Array

  /** @throws RangeError where the machine has no memory for so many entries */
  constructor(entries: number) {
    this.#slots = Math.ceil(entries * SLACK) + 1
    this.#words = new Uint32Array(WIDTH * this.#slots)
    this.#floats = new Float32Array(this.#words.buffer)
  }

  /** Handle of a pair's value, −1 where the pair is not in the table. */
  find(first: number, second: number): number {
    const words = this.#words
    const end = words.length
    for (let at = this.#home(first, second); ; at = at + WIDTH === end ? 0 : at + WIDTH) {
      const key = words[at]
      if (key === first && words[at + 1] === second) return at + 2
      if (key === 0) return -1
    }
  }

  /** Adds a pair and returns the handle of its value; −1 where the pair is in the table already. */
  add(first: number, second: number): number {
    const words = this.#words
    const end = words.length
    let at = this.#home(first, second)
    for (; words[at] !== 0; at = at + WIDTH === end ? 0 : at + WIDTH) {
      if (words[at] === first && words[at + 1] === second) return -1
    }
    words[at] = first
    words[at + 1] = second
    return at + 2
  }

  /** Calls with the keys and the handle of every entry, in no order that means anything. */
  forEach(visit: (first: number, second: number, handle: number) => void): void {
    const words = this.#words
    for (let at = 0; at < words.length; at += WIDTH) {
      if (words[at] !== 0) visit(words[at] as number, words[at + 1] as number, at + 2)
    }
  }

  integer(handle: number): number {
    return this.#words[handle] as number
  }

  setInteger(handle: number, value: number): void {
    this.#words[handle] = value
  }

  float(handle: number): number {
    return this.#floats[handle] as number
  }

  setFloat(handle: number, value: number): void {
    this.#floats[handle] = value
  }

  #home(first: number, second: number): number {
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash ^= hash >>> 13
    // Spreads the 32 bits over the slots, whose number is no power of two: that would waste up to half of the memory.
    return WIDTH * Math.floor(((hash >>> 0) / 0x1_0000_0000) * this.#slots)
  }
}
