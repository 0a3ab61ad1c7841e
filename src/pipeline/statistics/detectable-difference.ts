import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import type {RateItem} from './bootstrap.js'
import {clusteredVariance} from './clustered-variance.js'
import {studentTQuantile} from './student-t.js'

export interface DetectableOptions {
  /** Two-sided; default 0.05. */
  readonly level?: number | undefined
  /** Default 0.8. */
  readonly power?: number | undefined
  /**
   * Of the two systems' deviations from their rates, unit by unit. Default 0.7; versions of one model have more, which
   * makes smaller differences visible.
   */
  readonly correlation?: number | undefined
}

/**
 * The smallest difference between two error rates that a paired test over these units would find with the given power:
 * (t[1 − level / 2] + t[power]) × standard error × √(2 (1 − correlation)), with as many degrees of freedom as there are
 * units, less one. The other system is taken to vary as this one does. Likeness within a speaker is in the standard error.
 *
 * @returns null below two units, or where there is no length to divide by
 */
export function detectableDifference(
  items: readonly RateItem[],
  {level = 0.05, power = 0.8, correlation = 0.7}: DetectableOptions = {},
): EvaluationReport['detectable'] {
  const found = clusteredVariance(items)
  if (found === null) return null
  const {variance, units} = found
  const quantiles = studentTQuantile(1 - level / 2, units - 1) + studentTQuantile(power, units - 1)
  return {wer: quantiles * Math.sqrt(variance * 2 * (1 - correlation)), power, level, units, correlation}
}
