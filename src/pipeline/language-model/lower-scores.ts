import {type NgramModel, NO_CONTEXT} from '../decoding/ctc/ngram-model.js'
import type {BackoffModel, NgramLevel} from './backoff-model.js'

/**
 * log10 of the last word of each n-gram of an order after the other words but the first.
 *
 * @param lower the n-grams below that order
 */
export function lowerScores({levels}: BackoffModel, order: number, lower: NgramModel): Float64Array {
  const {words, contexts} = levels[order - 1] as NgramLevel
  const scores = new Float64Array(words.length)
  const history = new Uint32Array(order - 1)
  let place = -1
  let shorter = NO_CONTEXT
  for (let i = 0; i < words.length; i++) {
    if (contexts[i] !== place) {
      place = contexts[i] as number
      spell(levels, order - 1, place, history)
      shorter = NO_CONTEXT
      for (let word = 1; word < history.length; word++) shorter = lower.score(shorter, history[word] as number).context
    }
    scores[i] = lower.score(shorter, words[i] as number).log10
  }
  return scores
}

/** Writes the words of an n-gram. */
function spell(levels: readonly NgramLevel[], order: number, place: number, into: Uint32Array): void {
  let at = place
  for (let length = order; length > 0; length--) {
    const {words, contexts} = levels[length - 1] as NgramLevel
    into[length - 1] = words[at] as number
    at = contexts[at] ?? 0
  }
}
