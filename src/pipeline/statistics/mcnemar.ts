import {binomialCdf} from './binomial.js'
import {normalSurvival} from './normal.js'

export interface McNemarResult {
  /** Utterances that only the first system has without an error. */
  readonly firstOnly: number
  /** Utterances that only the second system has without an error. */
  readonly secondOnly: number
  readonly method: 'exact' | 'chi-squared'
  /** Two-sided. */
  readonly p: number
  readonly level: number
  readonly significant: boolean
}

/** Up to so many utterances the binomial distribution is used, above it chi-squared. */
const EXACT_UP_TO = 25

/**
 * McNemar's test of two systems on whole utterances: whether those that only one system has right are equally many for
 * both. Exact where they are few, else with Edwards' continuity correction (as `mcnemar` of statsmodels; where both are
 * equal the correction is left out and p is 1, as in R). It does not see how wrong an utterance is.
 */
export function mcNemar(
  {firstOnly, secondOnly}: {readonly firstOnly: number; readonly secondOnly: number},
  {level = 0.05} = {},
): McNemarResult {
  const discordant = firstOnly + secondOnly
  const exact = discordant <= EXACT_UP_TO
  const p = exact
    ? Math.min(1, 2 * binomialCdf(Math.min(firstOnly, secondOnly), discordant, 0.5))
    : chiSquaredSurvival(Math.max(0, Math.abs(firstOnly - secondOnly) - 1) ** 2 / discordant)
  return {firstOnly, secondOnly, method: exact ? 'exact' : 'chi-squared', p, level, significant: p < level}
}

/** With one degree of freedom: the square of a standard normal number. */
const chiSquaredSurvival = (statistic: number): number => 2 * normalSurvival(Math.sqrt(statistic))
