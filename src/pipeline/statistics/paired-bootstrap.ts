import type {BootstrapOptions} from './bootstrap.js'
import {sortedPercentile} from './percentiles.js'
import {resample} from './resample.js'
import {sumByUnit, total, type UnitKind} from './units.js'

/** What two systems made of the same utterance. */
export interface PairedItem {
  readonly unit: string
  readonly firstErrors: number
  readonly firstLength: number
  readonly secondErrors: number
  readonly secondLength: number
}

export interface PairedInterval {
  /** Rate of the second system − rate of the first: above 0 the second is worse. */
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly level: number
  /** Two-sided: how often, at most, chance alone would put the difference on the other side of 0. */
  readonly p: number
  /** Share of the resamples in which the second system makes fewer errors (Bisani and Ney's probability of improvement). */
  readonly improvement: number
  readonly by: UnitKind
  readonly units: number
  readonly samples: number
  readonly seed: number
}

/**
 * Confidence interval and p of the difference of two systems' error rates on the same utterances: both systems' errors
 * of the units that were drawn are compared, so that what is hard for both cancels out (Bisani and Ney 2004).
 *
 * @returns null below two units, or where there is no length to divide by
 */
export function pairedBootstrap(
  items: readonly PairedItem[],
  {by, level = 0.95, samples = 10_000, seed = 1}: BootstrapOptions,
): PairedInterval | null {
  const {units, sums} = sumByUnit(items, [
    ({firstErrors}) => firstErrors,
    ({firstLength}) => firstLength,
    ({secondErrors}) => secondErrors,
    ({secondLength}) => secondLength,
  ])
  const [a, b, c, d] = sums
  if (units < 2 || !a || !b || !c || !d || total(b) === 0 || total(d) === 0) return null
  const differences = resample([a, b, c, d], difference, {samples, seed}).sort()
  const tail = 50 * (1 - level)
  const below = differences.filter(value => value < 0).length
  const above = differences.filter(value => value > 0).length
  return {
    difference: difference(total(a), total(b), total(c), total(d)),
    low: sortedPercentile(differences, tail),
    high: sortedPercentile(differences, 100 - tail),
    level,
    // The difference as it was counts as one more resample: p is never 0.
    p: Math.min(1, (2 * (samples - Math.max(below, above) + 1)) / (samples + 1)),
    improvement: below / samples,
    by,
    units,
    samples,
    seed,
  }
}

const difference = (firstErrors: number, firstLength: number, secondErrors: number, secondLength: number): number =>
  secondErrors / (secondLength || Number.NaN) - firstErrors / (firstLength || Number.NaN)
