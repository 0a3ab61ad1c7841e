import type {EvaluationReport} from '../../evaluation/evaluation-report.js'
import type {ChartPlan} from './chart.js'
import {errorKinds} from './error-kinds.js'
import {latencyHistogram} from './latency-histogram.js'
import {werByLength, werBySpeaker} from './wer-by-group.js'

/** The charts that a report has something to show in. */
export function planCharts(report: EvaluationReport): ChartPlan[] {
  return [werBySpeaker, werByLength, errorKinds, latencyHistogram].flatMap(plan => plan(report) ?? [])
}
