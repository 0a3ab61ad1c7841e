import type {RateItem} from './bootstrap.js'
import {sumByUnit, total} from './units.js'

/**
 * Variance of an error rate (all errors by all lengths) over units drawn at random: that of a ratio estimator, linearized
 * (W. G. Cochran, Sampling Techniques, 1977, 6.4; Stata's `vce(cluster)`).
 *
 * @returns null below two units, or where there is no length to divide by
 */
export function clusteredVariance(items: readonly RateItem[]): {variance: number; units: number} | null {
  const {units, sums} = sumByUnit(items, [({errors}) => errors, ({length}) => length])
  const [errors, lengths] = sums
  if (units < 2 || !errors || !lengths || total(lengths) === 0) return null
  const length = total(lengths)
  const rate = total(errors) / length
  const squares = errors.reduce((sum, value, unit) => sum + (value - rate * (lengths[unit] ?? 0)) ** 2, 0)
  return {variance: ((units / (units - 1)) * squares) / length ** 2, units}
}

/**
 * How many times larger the variance is because utterances of one speaker are alike (L. Kish's design effect): 1 where
 * speakers make no difference.
 *
 * @returns null where either variance cannot be had, or is 0
 */
export function designEffect(items: readonly RateItem[]): number | null {
  const clustered = clusteredVariance(items)
  const single = clusteredVariance(items.map((item, index) => ({...item, unit: String(index)})))
  if (clustered === null || single === null || single.variance === 0) return null
  return clustered.variance / single.variance
}
