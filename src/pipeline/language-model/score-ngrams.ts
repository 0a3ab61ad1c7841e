import {type NgramModel, NO_CONTEXT} from '../decoding/ctc/ngram-model.js'
import type {NgramLevel} from './backoff-model.js'

/** The part of n-gram levels that says which words they have. */
export type NgramWords = Pick<NgramLevel, 'words' | 'contexts'>

/**
 * log10 of the last word of each n-gram of an order after the others, in the eyes of a model.
 *
 * @param levels the n-grams, order by order
 * @param skip how many words at the beginning are not looked at
 * @param by what tells the probabilities; it knows the words by the same numbers
 */
export function scoreNgrams(
  levels: readonly NgramWords[],
  order: number,
  skip: number,
  by: Pick<NgramModel, 'score'>,
): Float64Array {
  const {words, contexts} = levels[order - 1] as NgramWords
  const scores = new Float64Array(words.length)
  const history = new Uint32Array(order - 1)
  let place = -1
  let context = NO_CONTEXT
  for (let i = 0; i < words.length; i++) {
    if (order > 1 && contexts[i] !== place) {
      place = contexts[i] as number
      spell(levels, order - 1, place, history)
      context = NO_CONTEXT
      for (let word = skip; word < history.length; word++) context = by.score(context, history[word] as number).context
    }
    scores[i] = by.score(context, words[i] as number).log10
  }
  return scores
}

/** Writes the words of an n-gram. */
function spell(levels: readonly NgramWords[], order: number, place: number, into: Uint32Array): void {
  let at = place
  for (let length = order; length > 0; length--) {
    const {words, contexts} = levels[length - 1] as NgramWords
    into[length - 1] = words[at] as number
    at = contexts[at] ?? 0
  }
}
