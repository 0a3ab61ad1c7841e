import type {ScoringPair} from '../../../src/pipeline/scoring/score-utterance.js'

export const pairOf = (
  referenceText: string,
  hypothesisText: string,
  rest: Partial<ScoringPair> = {},
): ScoringPair => ({
  id: 'one',
  speaker: undefined,
  columns: {},
  durationSeconds: undefined,
  latencySeconds: undefined,
  audio: undefined,
  referenceText,
  hypothesisText,
  ...rest,
})
