import type {IntervalRecord} from '../evaluation/evaluation-report.js'
import {sortedPercentile} from './percentiles.js'
import {resample} from './resample.js'
import {sumByUnit, total, type UnitKind} from './units.js'

/** Errors, and the words or characters among which they were counted. */
export interface RateItem {
  /** The speaker, or the utterance: what is drawn as a whole (`chooseUnits`). */
  readonly unit: string
  readonly errors: number
  readonly length: number
}

export interface BootstrapOptions {
  /** What the units are; recorded with the interval. */
  readonly by: UnitKind
  /** Default 0.95. */
  readonly level?: number | undefined
  /** Resamples; default 10 000. */
  readonly samples?: number | undefined
  readonly seed?: number | undefined
}

/**
 * Confidence interval of an error rate (all errors by all lengths) by the percentile bootstrap over units
 * (M. Bisani, H. Ney: Bootstrap estimates for confidence intervals in ASR performance evaluation, ICASSP 2004). The same
 * items and seed give the same interval, whatever the order of the items.
 *
 * @returns null below two units, or where there is no length to divide by
 */
export function bootstrapRate(
  items: readonly RateItem[],
  {by, level = 0.95, samples = 10_000, seed = 1}: BootstrapOptions,
): IntervalRecord | null {
  const {units, sums} = sumByUnit(items, [({errors}) => errors, ({length}) => length])
  const [errors, lengths] = sums
  if (units < 2 || !errors || !lengths || total(lengths) === 0) return null
  const rates = resample([errors, lengths], (sum, length) => sum / (length || Number.NaN), {samples, seed}).sort()
  const tail = 50 * (1 - level)
  return {
    low: sortedPercentile(rates, tail),
    high: sortedPercentile(rates, 100 - tail),
    level,
    method: 'bootstrap',
    by,
    units,
    samples,
    seed,
  }
}
