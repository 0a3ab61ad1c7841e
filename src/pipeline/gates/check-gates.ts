import {reportDifferences} from '../comparison/report-differences.js'
import {LinguluError} from '../errors.js'
import type {EvaluationReport, GateRecord} from '../evaluation/evaluation-report.js'
import {explainIssues} from '../explain-issues.js'
import {baselineGates} from './baseline-gates.js'
import {type GateInput, GateOptions} from './gate-options.js'
import {limitGates} from './limit-gates.js'

/**
 * Whether a run is good enough: a record for each gate that was asked for, and for missing utterances always. A gate whose
 * number cannot be had fails.
 *
 * @param baseline an earlier report of the same utterances, scored the same way
 * @throws LinguluError CONFIG_INVALID for options that are none, for a baseline that was asked something else, and for
 * gates that lack one
 */
export function checkGates(
  report: EvaluationReport,
  options: GateInput,
  baseline?: EvaluationReport | undefined,
): GateRecord[] {
  const parsed = GateOptions.safeParse(options)
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', `gates\n${explainIssues(parsed.error)}`)
  const {maxRegression, speedTrade} = parsed.data
  if (baseline === undefined && (maxRegression !== undefined || speedTrade !== undefined))
    throw new LinguluError('CONFIG_INVALID', '--max-regression and --speed-trade need a baseline.', {
      hint: 'Add --baseline with the report of an earlier run.',
    })
  if (baseline !== undefined) requireSameQuestion(report, baseline)
  const context = {report, options: parsed.data, baseline}
  return [...limitGates, ...baselineGates].flatMap(gate => gate(context) ?? [])
}

/** @throws LinguluError CONFIG_INVALID for a baseline of other utterances, or scored in another way */
export function requireSameQuestion(run: Parameters<typeof reportDifferences>[1], baseline: EvaluationReport): void {
  const differences = reportDifferences(baseline, run)
  if (differences.length === 0) return
  throw new LinguluError(
    'CONFIG_INVALID',
    `The baseline ${baseline.name} cannot be compared with this run: ${differences.join('; ')}.`,
    {hint: 'Evaluate the baseline’s model again with this data set and these options, and keep that report.'},
  )
}
