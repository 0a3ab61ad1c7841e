import type {EvaluationReport, GateRecord} from '../evaluation/evaluation-report.js'
import type {GateOptions} from './gate-options.js'

/** What a gate looks at. */
export interface GateContext {
  readonly report: EvaluationReport
  readonly options: GateOptions
  /** Asked the same as the report. */
  readonly baseline: EvaluationReport | undefined
}

/** Undefined where nothing was asked of it. */
export type Gate = (context: GateContext) => GateRecord | undefined

/** Differences below this come from binary fractions: 0.092 − 0.09 is more than 0.002. */
const NOISE = 1e-9

export const exceeds = (actual: number, limit: number): boolean => actual - limit > NOISE
