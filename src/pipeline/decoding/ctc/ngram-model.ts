import {PairTable} from './pair-table.js'
import type {WordTable} from './word-table.js'

/** The context of nothing. */
export const NO_CONTEXT = 0

/**
 * An n-gram language model with backoff. What was said before a word is a *context*: the number of the longest run of
 * last words that the model has statistics for, never longer than order − 1. Probabilities are log10, as in ARPA files.
 */
export interface NgramModel {
  readonly order: number
  readonly ngrams: number
  readonly words: WordTable
  readonly unknown: number
  /** `</s>` */
  readonly sentenceEnd: number
  /** After `<s>`. */
  readonly start: number
  /** Number of a word; `unknown` where the model does not have it. */
  wordOf(word: string): number
  /** log10 of the word's probability in a context, and the context that it leaves. */
  score(context: number, word: number): {readonly log10: number; readonly context: number}
  /** The context that decides on words which the model has not seen after this one, and the log10 that it costs to go there. */
  shorten(context: number): {readonly log10: number; readonly context: number}
  /** Calls with the words seen after a context, not the empty one, and their log10 there. */
  forEachSuccessor(context: number, visit: (word: number, log10: number) => void): void
}

/** The n-grams above order 1, context after context: those of context c are at [starts[c], starts[c + 1]). */
interface Successors {
  readonly starts: Uint32Array
  readonly words: Uint32Array
  readonly probabilities: Float32Array
}

/**
 * Fills an n-gram model. Contexts are nodes of a tree: node 0 has no words, node 1 + w is word w alone, then come the
 * longer n-grams, order by order. The longest ones are no contexts; they are pairs (context, word) with a probability.
 */
export class NgramModelBuilder {
  readonly #order: number
  readonly #counts: readonly number[]
  readonly #probabilities: Float32Array
  readonly #backoffs: Float32Array
  /** The context without its first word, or without more where the model lacks that one. */
  readonly #suffixes: Uint32Array
  readonly #children: PairTable
  readonly #longest: PairTable
  #nodes = 1
  #successors: Successors | undefined

  /**
   * @param words filled by the caller before it adds n-grams above order 1
   * @param counts n-grams of each order
   * @throws RangeError where the machine has no memory for so many n-grams
   */
  constructor(
    readonly words: WordTable,
    counts: readonly number[],
  ) {
    this.#order = counts.length
    this.#counts = counts
    const [unigrams = 0, ...above] = counts
    const longest = above.pop() ?? 0
    const middle = above.reduce((sum, count) => sum + count, 0)
    // One more for <unk>, which a file may lack.
    const nodes = 2 + unigrams + middle
    this.#probabilities = new Float32Array(nodes)
    this.#backoffs = new Float32Array(nodes)
    this.#suffixes = new Uint32Array(nodes)
    this.#children = new PairTable(middle)
    this.#longest = new PairTable(longest)
  }

  /** Adds word number `word`, which must be the next: the words are numbered from 0. */
  addUnigram(word: number, log10: number, backoff: number): void {
    this.#probabilities[1 + word] = log10
    this.#backoffs[1 + word] = backoff
    this.#nodes = 2 + word
  }

  /** The node of an n-gram that is one word longer than `context`; −1 where there is none. */
  child(context: number, word: number): number {
    if (context === NO_CONTEXT) return 1 + word
    const handle = this.#children.find(context, word)
    return handle < 0 ? -1 : this.#children.integer(handle)
  }

  /** Adds an n-gram below the highest order, after all shorter ones. False where it is there already. */
  addMiddle(context: number, word: number, log10: number, backoff: number): boolean {
    const handle = this.#children.add(context, word)
    if (handle < 0) return false
    const node = this.#nodes++
    this.#children.setInteger(handle, node)
    this.#probabilities[node] = log10
    this.#backoffs[node] = backoff
    this.#suffixes[node] = this.#longestAfter(this.#suffixes[context] as number, word)
    return true
  }

  /** Adds an n-gram of the highest order. False where it is there already. */
  addLongest(context: number, word: number, log10: number): boolean {
    const handle = this.#longest.add(context, word)
    if (handle < 0) return false
    this.#longest.setFloat(handle, log10)
    return true
  }

  build({
    unknown,
    sentenceStart,
    sentenceEnd,
  }: {
    unknown: number
    sentenceStart: number
    sentenceEnd: number
  }): NgramModel {
    const {words} = this
    return {
      order: this.#order,
      ngrams: this.#counts.reduce((sum, count) => sum + count, 0),
      words,
      unknown,
      sentenceEnd,
      start: this.#order === 1 ? NO_CONTEXT : 1 + sentenceStart,
      wordOf(word) {
        const number = words.findText(word)
        return number < 0 ? unknown : number
      },
      score: (context, word) => this.#score(context, word),
      shorten: context => ({
        log10: this.#backoffs[context] as number,
        context: this.#suffixes[context] as number,
      }),
      forEachSuccessor: (context, visit) => {
        this.#successors ??= this.#sortSuccessors()
        const {starts, words: following, probabilities} = this.#successors
        const end = starts[context + 1] as number
        for (let i = starts[context] as number; i < end; i++) visit(following[i] as number, probabilities[i] as number)
      },
    }
  }

  /** The tables know an n-gram by its words only: here those of each context stand together. Made when first wanted. */
  #sortSuccessors(): Successors {
    const starts = new Uint32Array(this.#nodes + 1)
    const count = (context: number) => {
      starts[context] = (starts[context] as number) + 1
    }
    this.#children.forEach(count)
    this.#longest.forEach(count)
    let total = 0
    for (let context = 0; context < starts.length; context++) {
      total += starts[context] as number
      starts[context] = total
    }
    const words = new Uint32Array(total)
    const probabilities = new Float32Array(total)
    // These are ends still: filled from behind, each comes to be the beginning.
    const place = (context: number, word: number, log10: number) => {
      const at = (starts[context] as number) - 1
      starts[context] = at
      words[at] = word
      probabilities[at] = log10
    }
    this.#children.forEach((context, word, handle) => {
      place(context, word, this.#probabilities[this.#children.integer(handle)] as number)
    })
    this.#longest.forEach((context, word, handle) => {
      place(context, word, this.#longest.float(handle))
    })
    return {starts, words, probabilities}
  }

  /** The longest context that is a suffix of `context` and then `word`. */
  #longestAfter(context: number, word: number): number {
    for (let from = context; from !== NO_CONTEXT; from = this.#suffixes[from] as number) {
      const node = this.child(from, word)
      if (node >= 0) return node
    }
    return 1 + word
  }

  #score(context: number, word: number): {log10: number; context: number} {
    // Contexts of order − 1 words: only they go on to the longest n-grams.
    const firstFull = this.#nodes - (this.#counts.at(-2) ?? 0)
    let backoff = 0
    for (let from = context; from !== NO_CONTEXT; from = this.#suffixes[from] as number) {
      if (this.#order === 2 || from >= firstFull) {
        const handle = this.#longest.find(from, word)
        if (handle >= 0) {
          const log10 = backoff + this.#longest.float(handle)
          return {log10, context: this.#longestAfter(this.#suffixes[from] as number, word)}
        }
      } else {
        const node = this.child(from, word)
        if (node >= 0) return {log10: backoff + (this.#probabilities[node] as number), context: node}
      }
      backoff += this.#backoffs[from] as number
    }
    const log10 = backoff + (this.#probabilities[1 + word] as number)
    return {log10, context: this.#order === 1 ? NO_CONTEXT : 1 + word}
  }
}
