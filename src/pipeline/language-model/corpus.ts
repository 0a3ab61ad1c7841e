import {WordTable} from '../decoding/ctc/word-table.js'
import {SENTENCE_END, SENTENCE_START, UNKNOWN} from './backoff-model.js'

/** Numbers of the marks in every corpus. */
export const UNKNOWN_ID = 0
export const SENTENCE_START_ID = 1
export const SENTENCE_END_ID = 2

/** So many words are found without spelling them out in bytes again. */
const REMEMBERED_WORDS = 1 << 17

/** Sentences as one row of word numbers, each between `<s>` and `</s>`. */
export interface Corpus {
  readonly words: WordTable
  readonly ids: Uint32Array
  readonly sentences: number
}

/** Takes sentences, four bytes a word. */
export class CorpusBuilder {
  readonly #words = new WordTable()
  readonly #remembered = new Map<string, number>()
  #ids = new Uint32Array(1 << 16)
  #length = 0
  #sentences = 0

  constructor() {
    for (const mark of [UNKNOWN, SENTENCE_START, SENTENCE_END]) this.#words.addText(mark)
  }

  get sentences(): number {
    return this.#sentences
  }

  /** Words without the marks. */
  get tokens(): number {
    return this.#length - 2 * this.#sentences
  }

  /** Adds a sentence. `<unk>` stands for a word that is not known; `<s>` and `</s>` are left out. */
  add(words: readonly string[]): void {
    while (this.#length + words.length + 2 > this.#ids.length) this.#grow()
    this.#push(SENTENCE_START_ID)
    for (const word of words) {
      const id = this.#idOf(word)
      if (id !== SENTENCE_START_ID && id !== SENTENCE_END_ID) this.#push(id)
    }
    this.#push(SENTENCE_END_ID)
    this.#sentences++
  }

  build(): Corpus {
    return {words: this.#words, ids: this.#ids.subarray(0, this.#length), sentences: this.#sentences}
  }

  #push(id: number): void {
    this.#ids[this.#length++] = id
  }

  #idOf(word: string): number {
    const remembered = this.#remembered.get(word)
    if (remembered !== undefined) return remembered
    const added = this.#words.addText(word)
    const id = added < 0 ? this.#words.findText(word) : added
    if (this.#remembered.size < REMEMBERED_WORDS) this.#remembered.set(word, id)
    return id
  }

  #grow(): void {
    const ids = new Uint32Array(Math.ceil(1.5 * this.#ids.length))
    ids.set(this.#ids)
    this.#ids = ids
  }
}
