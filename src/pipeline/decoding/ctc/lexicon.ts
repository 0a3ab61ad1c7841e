import type {WordTable} from './word-table.js'

/**
 * Words in the order of their bytes, so that all words with one beginning lie side by side: a beginning is a range
 * [from, to), and a further byte narrows it by binary search. Needs four bytes a word beyond the table.
 */
export class Lexicon {
  readonly #words: WordTable
  readonly #order: Uint32Array

  constructor(words: WordTable) {
    this.#words = words
    this.#order = words.sorted()
  }

  get size(): number {
    return this.#order.length
  }

  /** Number of the word that is exactly `length` bytes long in a range whose words share `length` bytes; −1 if none. */
  exact(from: number, to: number, length: number): number {
    if (from >= to) return -1
    const word = this.#order[from] as number
    return this.#words.length(word) === length ? word : -1
  }

  /** Bytes of the shortest word in a range. */
  shortest(from: number, to: number): number {
    let shortest = Number.POSITIVE_INFINITY
    for (let i = from; i < to; i++) shortest = Math.min(shortest, this.#words.length(this.#order[i] as number))
    return shortest
  }

  /** The first in [from, to) whose byte at `depth` is at least `byte`; words end before every byte. */
  lowerBound(from: number, to: number, depth: number, byte: number): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#words.byteAt(this.#order[middle] as number, depth) < byte) low = middle + 1
      else high = middle
    }
    return low
  }
}
