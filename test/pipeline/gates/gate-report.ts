import type {EvaluationReport, ScoreRecord} from '../../../src/pipeline/evaluation/evaluation-report.js'
import {exampleReport} from '../../support/evaluation-report.js'

/** A report of so many utterances of ten words, of which the first `wrong` have one substitution. */
export function reportOf(utterances: number, wrong: number, overrides: Partial<EvaluationReport> = {}) {
  const scores = Array.from({length: utterances}, (_, index) =>
    scoreOf(`u${index}`, index < wrong ? 'S=========' : '=========='),
  )
  return exampleReport({
    name: `${wrong} wrong`,
    wer: wrong / (10 * utterances),
    scores,
    utterances: {
      total: utterances,
      scored: utterances,
      correct: utterances - wrong,
      failed: 0,
      missing: 0,
      emptyReferences: 0,
      emptyHypotheses: 0,
    },
    ...overrides,
  })
}

export function scoreOf(id: string, operations: string, more: Partial<ScoreRecord> = {}): ScoreRecord {
  const count = (operation: string) => operations.split(operation).length - 1
  const words = {hits: count('='), substitutions: count('S'), deletions: count('D'), insertions: count('I')}
  return {id, words, characters: words, operations, ...more}
}

/** The speed of a report, by its RTFx. */
export const speed = (rtfx: number): Partial<EvaluationReport> => ({
  speed: {audioSeconds: rtfx * 10, wallSeconds: 10, rtfx, realTimeFactor: 1 / rtfx, latencySeconds: null},
})
