import type {WordTable} from '../decoding/ctc/word-table.js'

/**
 * The n-grams of one order: sorted by their context, then by their last word. At order 1 there is one for each word, in
 * the order of the words' numbers, and no contexts.
 */
export interface NgramLevel {
  /** Number of the last word. */
  readonly words: Uint32Array
  /** Place, in the level below, of the n-gram without its last word; ascending. */
  readonly contexts: Uint32Array
  /** log10 of the last word's probability after the others. */
  readonly log10: Float32Array
  /** log10 of the weight with which shorter contexts count; empty at the highest order. */
  readonly backoffs: Float32Array
}

/** An n-gram model with backoff in the form in which it is made, pruned and stored. */
export interface BackoffModel {
  readonly words: WordTable
  /** Level k − 1 has the n-grams of order k. */
  readonly levels: readonly NgramLevel[]
  /** Numbers of `<unk>`, `<s>` and `</s>`. */
  readonly unknown: number
  readonly sentenceStart: number
  readonly sentenceEnd: number
}

export const UNKNOWN = '<unk>'
export const SENTENCE_START = '<s>'
export const SENTENCE_END = '</s>'

/** Stands for log10 of 0, as in SRILM: a number that every reader of ARPA files takes. */
export const LOG10_ZERO = -99

/** @returns n-grams of each order */
export const countsOf = ({levels}: BackoffModel): number[] => levels.map(({words}) => words.length)

/**
 * Where the n-grams begin that continue each n-gram of the level below; one entry more says where the last ones end.
 *
 * @param contexts of the level, ascending
 * @param below size of the level below
 */
export function startsOf(contexts: Uint32Array, below: number): Uint32Array {
  const starts = new Uint32Array(below + 1)
  let context = 0
  for (let i = 0; i < contexts.length; i++)
    for (const next = contexts[i] as number; context < next; ) starts[++context] = i
  return starts.fill(contexts.length, context + 1)
}
