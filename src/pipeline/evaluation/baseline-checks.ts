import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {requireSameQuestion} from '../gates/check-gates.js'
import {type GateInput, GateOptions} from '../gates/gate-options.js'
import type {EvaluationReport} from './evaluation-report.js'
import type {Scoring} from './scoring-options.js'

/**
 * What is asked of a run, checked before any work.
 *
 * @throws LinguluError CONFIG_INVALID; USAGE where a gate lacks the baseline it needs
 */
export function parseGates({
  gates = {},
  baseline,
}: {
  readonly gates?: GateInput | undefined
  readonly baseline?: string | undefined
}): GateOptions {
  const parsed = GateOptions.safeParse(gates)
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', `gates\n${explainIssues(parsed.error)}`)
  const {maxRegression, speedTrade} = parsed.data
  if (baseline === undefined && (maxRegression !== undefined || speedTrade !== undefined))
    throw new LinguluError('USAGE', '--max-regression and --speed-trade need a baseline.', {
      hint: 'Add --baseline with the report of an earlier run.',
    })
  return parsed.data
}

/**
 * Finds before hours of work, and not after them, that the baseline was asked something else.
 *
 * @throws LinguluError CONFIG_INVALID
 */
export function checkComparable(
  baseline: EvaluationReport,
  dataset: EvaluationReport['dataset'],
  {normalizer, scoring}: Scoring,
): void {
  requireSameQuestion({dataset, normalizer, scoring}, baseline)
}

/** A first run that is to make the baseline has nothing to be compared with. */
export function comparedGates(gates: GateOptions, baseline: EvaluationReport | undefined): GateOptions {
  const {maxRegression: _, speedTrade: __, ...others} = gates
  return baseline === undefined ? others : gates
}
