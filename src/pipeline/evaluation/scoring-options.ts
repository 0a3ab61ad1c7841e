import {createScorer, type ScorerOptions} from '../scoring/score-utterance.js'
import type {Normalizer} from '../text/normalizers/normalizer.js'
import type {NormalizerOptions} from '../text/normalizers/normalizer-options.js'
import {openNormalizer} from '../text/normalizers/open-normalizer.js'
import type {EvaluationReport} from './evaluation-report.js'

/** How texts are compared. */
export interface ScoringOptions extends Pick<ScorerOptions, 'weights' | 'tolerances' | 'alternatives'> {
  /** Default: Whisper's for English. */
  readonly normalizer?: NormalizerOptions | undefined
}

/** A scorer, and what a report must say of it. */
export interface Scoring {
  readonly score: ReturnType<typeof createScorer>
  readonly normalizer: EvaluationReport['normalizer']
  readonly scoring: EvaluationReport['scoring']
}

/** @throws LinguluError CONFIG_INVALID for tables and transforms that cannot be used */
export async function openScoring({
  normalizer: options = {name: 'english'},
  weights = 'unit',
  tolerances = {},
  alternatives,
}: ScoringOptions = {}): Promise<Scoring> {
  const normalizer = await openNormalizer(options)
  const {compounds = false, contractions = false} = tolerances
  const normalize = (text: string) => normalizer.normalize(text)
  return {
    score: createScorer({normalize, weights, tolerances: {compounds, contractions}, alternatives}),
    normalizer: describe(normalizer),
    scoring: {
      weights,
      tolerances: {compounds, contractions},
      ...(alternatives && {alternatives: {optionalWords: alternatives.optionalWords === true}}),
    },
  }
}

const describe = ({name, hash, description}: Normalizer) => ({name, hash, description})
