import type {EvaluationReport, ScoreRecord} from '../evaluation/evaluation-report.js'

export interface ScorePair {
  readonly first: ScoreRecord
  readonly second: ScoreRecord
}

/**
 * The scores of the same utterances in two reports, in the order of the first.
 *
 * @returns a sentence instead, where they do not have the same utterances
 */
export function pairScores(
  first: Pick<EvaluationReport, 'scores'>,
  second: Pick<EvaluationReport, 'scores'>,
): readonly ScorePair[] | string {
  const byId = new Map(second.scores.map(score => [score.id, score]))
  const pairs = first.scores.flatMap(score => {
    const other = byId.get(score.id)
    return other === undefined ? [] : [{first: score, second: other}]
  })
  if (pairs.length === 0) return 'the reports hold no scores of the same utterances'
  const lacking = first.scores.length - pairs.length
  const added = second.scores.length - pairs.length
  if (lacking + added === 0) return pairs
  return `the reports do not hold the same utterances: ${lacking} only in the one, ${added} only in the other`
}
