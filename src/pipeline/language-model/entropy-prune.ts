import type {NgramModel} from '../decoding/ctc/ngram-model.js'
import {type BackoffModel, type NgramLevel, startsOf} from './backoff-model.js'
import {keepNgrams} from './keep-ngrams.js'
import {renormalize} from './renormalize.js'
import {scoreNgrams} from './score-ngrams.js'
import {toNgramModel} from './to-ngram-model.js'

/**
 * Drops the n-grams without which the model hardly changes (Stolcke 1998): those whose removal alone, with the backoff
 * weight of its context computed anew, raises the perplexity by less than `threshold` of it. The relative entropy of the
 * two models is exact, with contexts weighted by the model's own probability of them. What is a context of something
 * that stays is kept, as are all words. Backoff weights are computed anew at the end.
 *
 * @param threshold relative increase of the perplexity, such as 1e-8
 */
export function entropyPrune(model: BackoffModel, threshold: number): BackoffModel {
  const contextLog10 = logProbabilities(model)
  let pruned = model
  for (let order = model.levels.length; order > 1; order--) {
    const lower = toNgramModel(pruned, order - 1)
    const continued = continuedNgrams(pruned, order)
    const losses = pruningLosses(pruned, order, lower, contextLog10[order - 2] as Float64Array)
    const limit = Math.log1p(threshold)
    pruned = keepNgrams(
      pruned,
      (level, ngram) => level !== order - 1 || continued[ngram] === 1 || (losses[ngram] as number) >= limit,
    )
  }
  return renormalize(pruned)
}

/** log10 of the probability of each n-gram as a text, by the chain rule; `<s>` is as likely as `</s>` (as in SRILM). */
function logProbabilities({levels, sentenceStart, sentenceEnd}: BackoffModel): Float64Array[] {
  const found: Float64Array[] = []
  for (const {log10, contexts} of levels) {
    const below = found.at(-1)
    const own = Float64Array.from(log10, (value, ngram) => value + (below?.[contexts[ngram] as number] ?? 0))
    if (below === undefined) own[sentenceStart] = log10[sentenceEnd] as number
    found.push(own)
  }
  return found
}

/** 1 for each n-gram of an order that is a context in the level above. */
function continuedNgrams({levels}: BackoffModel, order: number): Uint8Array {
  const continued = new Uint8Array((levels[order - 1] as NgramLevel).words.length)
  for (const context of levels[order]?.contexts ?? []) continued[context] = 1
  return continued
}

/** Relative entropy, in nats, between the model and the one without each n-gram of an order. */
function pruningLosses(
  model: BackoffModel,
  order: number,
  lower: NgramModel,
  contextLog10: Float64Array,
): Float64Array {
  const {words, contexts, log10} = model.levels[order - 1] as NgramLevel
  const shorter = scoreNgrams(model.levels, order, 1, lower)
  const starts = startsOf(contexts, contextLog10.length)
  const losses = new Float64Array(words.length)
  for (let context = 0; context < contextLog10.length; context++) {
    const from = starts[context] as number
    const to = starts[context + 1] as number
    let rest = 1
    let restBelow = 1
    for (let i = from; i < to; i++) {
      rest -= 10 ** (log10[i] as number)
      restBelow -= 10 ** (shorter[i] as number)
    }
    const weight = 10 ** (contextLog10[context] as number)
    for (let i = from; i < to; i++)
      losses[i] = weight * pruningLoss(log10[i] as number, shorter[i] as number, rest, restBelow)
  }
  return losses
}

/**
 * Stolcke's equation for one n-gram, per occurrence of its context.
 *
 * @param log10 of the word after the context
 * @param shorterLog10 of the word after the shorter context
 * @param rest probability that is left to words without an n-gram, by the context
 * @param restBelow the same by the shorter context
 * @returns infinite where rounding has left nothing to compare
 */
function pruningLoss(log10: number, shorterLog10: number, rest: number, restBelow: number): number {
  if (rest <= ROUNDING || restBelow <= ROUNDING) return Number.POSITIVE_INFINITY
  const probability = 10 ** log10
  const before = Math.log(rest / restBelow)
  const after = Math.log((rest + probability) / (restBelow + 10 ** shorterLog10))
  return -(probability * (Math.LN10 * (shorterLog10 - log10) + after) + (after - before) * rest)
}

/** Sums of 32-bit floats are not nearer to the truth. */
const ROUNDING = 1e-6
