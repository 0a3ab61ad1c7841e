import type {WorstRecord} from '../evaluation/evaluation-report.js'
import {errorsOf} from './error-counts.js'
import {errorRate} from './measures.js'
import type {UtteranceScore} from './utterance-score.js'

/**
 * The utterances to listen to first: those with the most errors, of equally many those with the higher word error rate,
 * then as they come in the data set. Utterances without an error are left out.
 */
export function worstOf(scores: readonly UtteranceScore[], limit: number): WorstRecord[] {
  return scores
    .map(score => ({score, errors: errorsOf(score.words.counts), wer: errorRate(score.words.counts)}))
    .filter(({errors}) => errors > 0)
    .sort((a, b) => b.errors - a.errors || b.wer - a.wer)
    .slice(0, limit)
    .map(({score: {id, speaker, audio, words}, errors, wer}) => ({
      id,
      ...(speaker === undefined ? {} : {speaker}),
      ...(audio === undefined ? {} : {audio}),
      wer,
      errors,
      reference: [...words.reference],
      hypothesis: [...words.hypothesis],
      operations: words.operations,
    }))
}
