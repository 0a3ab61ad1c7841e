const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * The distinct words of a language model, numbered in the order in which they came. Words are UTF-8 bytes in one pool
 * behind an open-addressing hash, because a million JavaScript strings in a Map take ten times the memory and making
 * them takes longer than reading the file.
 */
export class WordTable {
  #size = 0
  #pool = new Uint8Array(1 << 16)
  #ends = new Uint32Array(1 << 12)
  /** Word number + 1; 0 is free. */
  #slots = new Uint32Array(1 << 13)

  get size(): number {
    return this.#size
  }

  /** Number of the word that bytes[start … end) spell, −1 where it is not in the table. */
  find(bytes: Uint8Array, start = 0, end = bytes.length): number {
    return (this.#slots[this.#slotOf(bytes, start, end)] as number) - 1
  }

  findText(word: string): number {
    return this.find(encoder.encode(word))
  }

  /** Adds a word and returns its number; −1 where it is in the table already. */
  add(bytes: Uint8Array, start = 0, end = bytes.length): number {
    const slot = this.#slotOf(bytes, start, end)
    if (this.#slots[slot] !== 0) return -1
    const from = this.#startOf(this.#size)
    while (from + end - start > this.#pool.length)
      this.#pool = doubled(this.#pool, new Uint8Array(2 * this.#pool.length))
    if (this.#size === this.#ends.length) this.#ends = doubled(this.#ends, new Uint32Array(2 * this.#ends.length))
    for (let i = start; i < end; i++) this.#pool[from + i - start] = bytes[i] as number
    this.#ends[this.#size] = from + end - start
    this.#size++
    this.#slots[slot] = this.#size
    if (2 * this.#size > this.#slots.length) this.#rehash()
    return this.#size - 1
  }

  addText(word: string): number {
    return this.add(encoder.encode(word))
  }

  /** The UTF-8 bytes of a word: a view, not a copy. */
  bytes(word: number): Uint8Array {
    return this.#pool.subarray(this.#startOf(word), this.#ends[word])
  }

  /** Bytes of a word. */
  length(word: number): number {
    return (this.#ends[word] as number) - this.#startOf(word)
  }

  /** The byte at an offset in a word, −1 past its end. */
  byteAt(word: number, offset: number): number {
    const at = this.#startOf(word) + offset
    return at < (this.#ends[word] as number) ? (this.#pool[at] as number) : -1
  }

  text(word: number): string {
    return decoder.decode(this.bytes(word))
  }

  /** Word numbers in the order of their bytes. */
  sorted(): Uint32Array {
    const pool = this.#pool
    const ends = this.#ends
    const startOf = (word: number) => (word === 0 ? 0 : (ends[word - 1] as number))
    // Most comparisons end in the first six bytes: packed in one number they are compared at once.
    const keys = Float64Array.from({length: this.#size}, (_, word) => packed(pool, startOf(word), ends[word] as number))
    return Uint32Array.from({length: this.#size}, (_, word) => word).sort((a, b) => {
      const difference = (keys[a] as number) - (keys[b] as number)
      return difference !== 0
        ? difference
        : compareBytes(pool, startOf(a), ends[a] as number, startOf(b), ends[b] as number)
    })
  }

  #startOf(word: number): number {
    return word === 0 ? 0 : (this.#ends[word - 1] as number)
  }

  /** The slot that holds the word, or the free one where it belongs. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const ends = this.#ends
    const pool = this.#pool
    const length = end - start
    for (let slot = hashOf(bytes, start, end) & mask; ; slot = (slot + 1) & mask) {
      const word = (slots[slot] as number) - 1
      if (word < 0) return slot
      const from = word === 0 ? 0 : (ends[word - 1] as number)
      if ((ends[word] as number) - from !== length) continue
      let i = 0
      while (i < length && pool[from + i] === bytes[start + i]) i++
      if (i === length) return slot
    }
  }

  #rehash(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    const mask = this.#slots.length - 1
    for (let word = 0; word < this.#size; word++) {
      let slot = hashOf(this.#pool, this.#startOf(word), this.#ends[word] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = word + 1
    }
  }
}

/** FNV-1a, with the high bits folded down, since the table uses the low ones. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

function packed(pool: Uint8Array, start: number, end: number): number {
  let key = 0
  for (let i = start; i < start + 6; i++) key = key * 256 + (i < end ? (pool[i] as number) : 0)
  return key
}

function compareBytes(pool: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): number {
  const length = Math.min(aEnd - a, bEnd - b)
  for (let i = 0; i < length; i++) {
    const difference = (pool[a + i] as number) - (pool[b + i] as number)
    if (difference !== 0) return difference
  }
  return aEnd - a - (bEnd - b)
}

function doubled<T extends Uint8Array | Uint32Array>(from: T, into: T): T {
  into.set(from)
  return into
}
