import {breakDown} from '../scoring/breakdowns.js'
import {collapseOf} from '../scoring/collapse.js'
import {errorsOf, hypothesisLength, referenceLength} from '../scoring/error-counts.js'
import {errorListsOf} from '../scoring/error-lists.js'
import {measuresOf, sumScores} from '../scoring/measures.js'
import type {UtteranceScore} from '../scoring/utterance-score.js'
import {worstOf} from '../scoring/worst.js'
import {bootstrapRate, type RateItem} from '../statistics/bootstrap.js'
import {detectableDifference} from '../statistics/detectable-difference.js'
import {chooseUnits} from '../statistics/units.js'
import type {EvaluationReport, IntervalRecord, ScoreRecord} from './evaluation-report.js'
import {speedOf} from './speed.js'

/** What a report says that does not follow from the scores. */
export type ReportFacts = Pick<
  EvaluationReport,
  | 'name'
  | 'failures'
  | 'normalizer'
  | 'scoring'
  | 'model'
  | 'options'
  | 'dataset'
  | 'environment'
  | 'command'
  | 'startedAt'
  | 'finishedAt'
  | 'warnings'
> & {
  /** Utterances without any hypothesis. */
  readonly missing: number
  /** Of the whole run, where it was measured. */
  readonly wallSeconds: number | undefined
}

export interface ReportOptions {
  /** `speaker`, `length`, columns of the manifest. */
  readonly by: readonly string[]
  /** Utterances to list with their alignment. */
  readonly worst: number
  /** Resamples of each interval. */
  readonly bootstrapSamples: number
  readonly seed: number
  /** Keep references and hypotheses, and every word of them, in the report. */
  readonly texts: boolean
}

/** So many confusions, and words deleted, inserted and substituted, are listed. */
const LISTED_ERRORS = 50

const NO_WORDS: EvaluationReport['errors'] = {confusions: [], substituted: [], deleted: [], inserted: []}

/** What came of an evaluation. Pure: the same scores and facts give the same report. Gates are checked afterwards. */
export function buildReport(
  scores: readonly UtteranceScore[],
  {missing, wallSeconds, ...facts}: ReportFacts,
  options: ReportOptions,
): EvaluationReport {
  const total = sumScores(scores)
  const words = rateItems(scores, ({words}) => words.counts)
  const wordInterval = (some: readonly UtteranceScore[]) => intervalOf(some, ({words}) => words.counts, options)
  return {
    type: 'evaluation',
    schema: 1,
    ...facts,
    ...measuresOf(total),
    words: total.words,
    characters: total.characters,
    utterances: {
      total: scores.length,
      scored: scores.length - facts.failures.length - missing,
      correct: total.correct,
      failed: facts.failures.length,
      missing,
      emptyReferences: scores.filter(({words}) => referenceLength(words.counts) === 0).length,
      emptyHypotheses: scores.filter(({words}) => hypothesisLength(words.counts) === 0).length,
    },
    intervals: {wer: wordInterval(scores), cer: intervalOf(scores, ({characters}) => characters, options)},
    detectable: detectableDifference(words),
    speed: speedOf(scores, wallSeconds),
    collapse: collapseOf(scores),
    breakdowns: breakDown(scores, options.by, wordInterval),
    errors: options.texts ? errorListsOf(scores, LISTED_ERRORS) : NO_WORDS,
    worst: worstOf(scores, options.worst).map(worst =>
      options.texts ? worst : {...worst, reference: [], hypothesis: []},
    ),
    scores: scores.map(score => scoreRecord(score, options)),
    gates: [],
  }
}

type CountsOf = (score: UtteranceScore) => UtteranceScore['characters']

function intervalOf(
  scores: readonly UtteranceScore[],
  countsOf: CountsOf,
  {bootstrapSamples, seed}: ReportOptions,
): IntervalRecord | null {
  const {by} = chooseUnits(scores)
  return bootstrapRate(rateItems(scores, countsOf), {by, samples: bootstrapSamples, seed})
}

function rateItems(scores: readonly UtteranceScore[], countsOf: CountsOf): RateItem[] {
  const {unitOf} = chooseUnits(scores)
  return scores.map(score => {
    const counts = countsOf(score)
    return {unit: unitOf(score), errors: errorsOf(counts), length: referenceLength(counts)}
  })
}

function scoreRecord(
  {id, speaker, words, characters, referenceText, hypothesisText, durationSeconds, latencySeconds}: UtteranceScore,
  {texts}: ReportOptions,
): ScoreRecord {
  return {
    id,
    ...(speaker !== undefined && {speaker}),
    words: words.counts,
    characters,
    operations: words.operations,
    ...(texts && {referenceText, hypothesisText}),
    ...(durationSeconds !== undefined && {durationSeconds}),
    ...(latencySeconds !== undefined && {latencySeconds}),
  }
}
