import type {EvaluationReport} from './evaluation-report.js'
import type {HypothesisLine, PartLine} from './hypothesis-record.js'

/** What one utterance was heard as; the rest of a line of the store is of no use in scoring. */
export type Hypothesis =
  | {
      readonly status: 'ok'
      readonly text: string
      readonly durationSeconds?: number | undefined
      readonly latencySeconds?: number | undefined
      readonly warnings?: readonly string[] | undefined
    }
  | {readonly status: 'failed'; readonly error: EvaluationReport['failures'][number]['error']}

/** What a data set was heard as, now or before, and how. */
export interface Hypotheses {
  /** By the id of the utterance. */
  readonly texts: ReadonlyMap<string, Hypothesis>
  /** Undefined where it was not measured. */
  readonly wallSeconds: number | undefined
  readonly model: EvaluationReport['model']
  readonly options: EvaluationReport['options']
  /** When the first part of the run began. */
  readonly startedAt: string | undefined
  readonly warnings: readonly string[]
}

export function fromLine(line: HypothesisLine): Hypothesis {
  if (line.status === 'failed') return {status: 'failed', error: line.error}
  const {text, durationSeconds, wallSeconds, warnings} = line
  return {status: 'ok', text, durationSeconds, latencySeconds: wallSeconds, warnings}
}

/** What ran the model; several where a run went on elsewhere. */
export const providersOf = (parts: readonly PartLine[]): string =>
  [...new Set(parts.map(({provider}) => provider))].join(', ') || 'unknown'

/** What is to be known of a run that was interrupted. */
export function partWarnings(parts: readonly PartLine[]): string[] {
  if (parts.length < 2) return []
  const machines = new Set(parts.map(({provider, machine}) => `${provider} of ${machine}`))
  const mixed = machines.size < 2 ? [] : [`The parts of this run ran on ${[...machines].join(', and on ')}.`]
  return [`The run was interrupted and resumed: its wall time is the sum of ${parts.length} parts.`, ...mixed]
}
