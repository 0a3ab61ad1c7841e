import {LinguluError} from '../errors.js'
import type {CountLevel} from './count-ngrams.js'

/** What is taken off the counts 1, 2, and 3 and above. */
export type Discounts = readonly [one: number, two: number, more: number]

/** lmplz's `--discount_fallback`. */
export const FALLBACK_DISCOUNTS: Discounts = [0.5, 1, 1.5]

export interface LevelDiscounts {
  readonly discounts: Discounts
  /** Whether they are the fallback, and not estimated from the counts. */
  readonly isFallback: boolean
}

/**
 * The discounts of modified Kneser–Ney smoothing for one order: Chen & Goodman (1999), equation 26, from how many
 * n-grams have the adjusted counts 1 to 4.
 *
 * @param fallback what to take where they cannot be estimated; undefined is an error then
 * @throws LinguluError CONFIG_INVALID where they cannot be estimated
 */
export function estimateDiscounts(
  {adjusted}: Pick<CountLevel, 'adjusted'>,
  order: number,
  fallback: Discounts | undefined,
): LevelDiscounts {
  const having = [0, 0, 0, 0, 0]
  for (const count of adjusted) if (count < having.length) having[count] = (having[count] as number) + 1
  const [, n1 = 0, n2 = 0, n3 = 0, n4 = 0] = having
  const y = n1 / (n1 + 2 * n2)
  const discounts: Discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3]
  const missing = [n1, n2, n3].indexOf(0) + 1
  const odd = discounts.findIndex((discount, index) => discount < 0 || discount > index + 1) + 1
  if (missing === 0 && odd === 0) return {discounts, isFallback: false}
  if (fallback !== undefined) return {discounts: fallback, isFallback: true}
  const reason =
    missing > 0 ? `there is none with the count ${missing}` : `that of the count ${odd} would be ${discounts[odd - 1]}`
  throw new LinguluError('CONFIG_INVALID', `The discounts of the ${order}-grams cannot be estimated: ${reason}.`, {
    hint: 'The text is too small, or sentences are repeated: give more text, or take --discount fallback.',
  })
}
