import {type BackoffModel, LOG10_ZERO, type NgramLevel, startsOf} from './backoff-model.js'
import {type Corpus, SENTENCE_END_ID, SENTENCE_START_ID, UNKNOWN_ID} from './corpus.js'
import {type CountLevel, countNgrams} from './count-ngrams.js'
import {type Discounts, estimateDiscounts, type LevelDiscounts} from './discounts.js'
import {keepNgrams} from './keep-ngrams.js'

export interface EstimateOptions {
  readonly order: number
  /** n-grams that come so often or less are left out, order by order; the last number is for all orders above. */
  readonly pruneCounts: readonly number[]
  /** For orders whose discounts cannot be estimated; undefined makes that an error. */
  readonly fallback: Discounts | undefined
}

export interface EstimatedModel {
  readonly model: BackoffModel
  /** Of each order. */
  readonly discounts: readonly LevelDiscounts[]
  /** n-grams of each order that the texts have. */
  readonly counted: readonly number[]
}

/**
 * Estimates an interpolated model with modified Kneser–Ney smoothing (Chen & Goodman 1999) as KenLM's lmplz does:
 * discounts for each order, 1-grams interpolated with the uniform distribution over all words but `<s>`, so that
 * `<unk>` has a part of it; n-grams below a count are dropped after the discounts are estimated, and their probability
 * goes to the backoff.
 *
 * @throws LinguluError CONFIG_INVALID where the discounts cannot be estimated
 */
export function estimateModel(corpus: Corpus, {order, pruneCounts, fallback}: EstimateOptions): EstimatedModel {
  const levels = countNgrams(corpus, order)
  const discounts = levels.map((level, index) => estimateDiscounts(level, index + 1, fallback))
  const threshold = (index: number) => pruneCounts[Math.min(index, pruneCounts.length - 1)] ?? 0
  let lower: Float64Array = new Float64Array(0)
  const weights: Float32Array[] = []
  const probabilities = levels.map((level, index) => {
    const discount = (discounts[index] as LevelDiscounts).discounts
    if (index === 0) lower = unigramProbabilities(level, discount)
    else {
      const groups = discountGroups(level, (levels[index - 1] as CountLevel).words.length, discount, threshold(index))
      lower = interpolate(level, groups, discount, lower)
      weights.push(logarithms(groups.weights))
    }
    return logarithms(lower)
  })
  const model: BackoffModel = {
    words: corpus.words,
    levels: levels.map(({words, contexts}, index): NgramLevel => {
      const log10 = probabilities[index] as Float32Array
      return {words, contexts, log10, backoffs: weights[index] ?? new Float32Array(0)}
    }),
    unknown: UNKNOWN_ID,
    sentenceStart: SENTENCE_START_ID,
    sentenceEnd: SENTENCE_END_ID,
  }
  const counted = levels.map(({words}) => words.length)
  const keeps = (level: number, ngram: number) =>
    level === 0 || ((levels[level] as CountLevel).occurrences[ngram] as number) > threshold(level)
  return {model: pruneCounts.some(count => count > 0) ? keepNgrams(model, keeps) : model, discounts, counted}
}

const discountOf = (count: number, discounts: Discounts): number =>
  count === 0 ? 0 : (discounts[Math.min(count, 3) - 1] as number)

/** `<s>` has probability 1: it is never asked for, and so costs nothing where a program scores it all the same. */
function unigramProbabilities({adjusted}: CountLevel, discounts: Discounts): Float64Array {
  let total = 0
  let taken = 0
  for (const count of adjusted) {
    total += count
    taken += discountOf(count, discounts)
  }
  const uniform = taken / total / (adjusted.length - 1)
  const probabilities = Float64Array.from(adjusted, count => (count - discountOf(count, discounts)) / total + uniform)
  probabilities[SENTENCE_START_ID] = 1
  return probabilities
}

interface DiscountGroups {
  /** Sum of the counts of all n-grams that continue a context. */
  readonly totals: Float64Array
  /** The part of it that goes to shorter contexts; 1 where nothing continues a context. */
  readonly weights: Float64Array
}

function discountGroups(level: CountLevel, contexts: number, discounts: Discounts, threshold: number): DiscountGroups {
  const starts = startsOf(level.contexts, contexts)
  const totals = new Float64Array(contexts)
  const weights = new Float64Array(contexts).fill(1)
  for (let context = 0; context < contexts; context++) {
    const end = starts[context + 1] as number
    let total = 0
    let taken = 0
    for (let i = starts[context] as number; i < end; i++) {
      const count = level.adjusted[i] as number
      total += count
      taken += (level.occurrences[i] as number) > threshold ? discountOf(count, discounts) : count
    }
    if (total === 0) continue
    totals[context] = total
    weights[context] = taken / total
  }
  return {totals, weights}
}

function interpolate(
  {adjusted, contexts, suffixes}: CountLevel,
  {totals, weights}: DiscountGroups,
  discounts: Discounts,
  lower: Float64Array,
): Float64Array {
  const probabilities = new Float64Array(adjusted.length)
  for (let i = 0; i < probabilities.length; i++) {
    const count = adjusted[i] as number
    const context = contexts[i] as number
    const own = (count - discountOf(count, discounts)) / (totals[context] as number)
    probabilities[i] = own + (weights[context] as number) * (lower[suffixes[i] as number] as number)
  }
  return probabilities
}

const logarithms = (values: Float64Array): Float32Array =>
  Float32Array.from(values, value => (value > 0 ? Math.min(0, Math.log10(value)) : LOG10_ZERO))
