import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {errorsOf, referenceLength} from '../scoring/error-counts.js'
import {mapsswe} from '../statistics/mapsswe.js'
import {mcNemar} from '../statistics/mcnemar.js'
import {pairedBootstrap} from '../statistics/paired-bootstrap.js'
import {chooseUnits} from '../statistics/units.js'
import type {ChangeRecord, ComparisonDocument, DifferenceRecord, RunRecord} from './comparison-document.js'
import {pairScores, type ScorePair} from './pair-scores.js'
import {machineDifference, reportDifferences} from './report-differences.js'

export interface NamedReport {
  /** What the run is called in the comparison. */
  readonly label: string
  readonly file: string
  readonly report: EvaluationReport
}

export interface ComparisonOptions {
  /** Utterances to list whose errors changed most. Default 10. */
  readonly changed?: number | undefined
  /** Of significance. Default 0.05. */
  readonly level?: number | undefined
  /** Resamples of the paired bootstrap. Default 10 000. */
  readonly samples?: number | undefined
  readonly seed?: number | undefined
}

/** Puts runs side by side and tests each against the first. Pure. */
export function compareReports(
  [first, ...others]: readonly [NamedReport, NamedReport, ...NamedReport[]],
  options: ComparisonOptions = {},
): ComparisonDocument {
  return {
    type: 'comparison',
    schema: 1,
    runs: [first, ...others].map(runOf),
    differences: others.map(other => differenceOf(first.report, other, options)),
  }
}

function runOf({label, file, report}: NamedReport): RunRecord {
  const {name, wer, cer, sentenceAccuracy, words, utterances, intervals, speed, model} = report
  const {normalizer, scoring, environment, finishedAt} = report
  const {warnings: _, ...dataset} = report.dataset
  return {
    label,
    file,
    name,
    wer,
    cer,
    sentenceAccuracy,
    words,
    utterances,
    intervals,
    speed,
    model,
    normalizer,
    scoring,
    dataset,
    environment,
    finishedAt,
  }
}

function differenceOf(
  first: EvaluationReport,
  {label, report}: NamedReport,
  options: ComparisonOptions,
): DifferenceRecord {
  const wer = minus(report.wer, first.wer)
  const otherMachine = machineDifference(first.environment, report.environment) ?? null
  const speedup = otherMachine === null ? over(report.speed?.rtfx, first.speed?.rtfx) : null
  const differences = reportDifferences(first, report)
  const paired = differences.length > 0 ? undefined : pairScores(first, report)
  const pairs = typeof paired === 'string' ? undefined : paired
  return {
    label,
    wer,
    cer: minus(report.cer, first.cer),
    sentenceAccuracy: minus(report.sentenceAccuracy, first.sentenceAccuracy),
    relativeWer: over(wer, first.wer),
    speedup,
    notComparable: typeof paired === 'string' ? [paired] : differences,
    otherMachine,
    tests: pairs === undefined ? null : testsOf(pairs, options),
    changed: pairs === undefined ? [] : changesOf(pairs, options.changed),
    improvedUtterances: pairs?.filter(pair => changeOf(pair) < 0).length ?? null,
    worsenedUtterances: pairs?.filter(pair => changeOf(pair) > 0).length ?? null,
  }
}

const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b)

const over = (a: number | null | undefined, b: number | null | undefined): number | null =>
  a === null || a === undefined || b === null || b === undefined || b === 0 ? null : a / b

function testsOf(pairs: readonly ScorePair[], {level = 0.05, samples, seed}: ComparisonOptions) {
  const {by, unitOf} = chooseUnits(pairs.map(({first}) => first))
  const items = pairs.map(({first, second}) => ({
    unit: unitOf(first),
    firstErrors: errorsOf(first.words),
    firstLength: referenceLength(first.words),
    secondErrors: errorsOf(second.words),
    secondLength: referenceLength(second.words),
  }))
  const alignments = pairs.map(({first, second}) => ({first: first.operations, second: second.operations}))
  return {
    mapsswe: mapsswe(alignments, {level}),
    mcnemar: mcNemar(
      {
        firstOnly: items.filter(({firstErrors, secondErrors}) => firstErrors === 0 && secondErrors > 0).length,
        secondOnly: items.filter(({firstErrors, secondErrors}) => firstErrors > 0 && secondErrors === 0).length,
      },
      {level},
    ),
    bootstrap: pairedBootstrap(items, {by, level: 1 - level, samples, seed}),
  }
}

const changeOf = ({first, second}: ScorePair): number => errorsOf(second.words) - errorsOf(first.words)

function changesOf(pairs: readonly ScorePair[], most = 10): ChangeRecord[] {
  return pairs
    .filter(pair => changeOf(pair) !== 0)
    .sort((a, b) => Math.abs(changeOf(b)) - Math.abs(changeOf(a)))
    .slice(0, most)
    .map(({first, second}) => ({
      id: second.id,
      ...(second.speaker !== undefined && {speaker: second.speaker}),
      words: referenceLength(second.words),
      firstErrors: errorsOf(first.words),
      errors: errorsOf(second.words),
      ...textsOf(first, second),
    }))
}

function textsOf(first: ScorePair['first'], second: ScorePair['second']) {
  const {referenceText, hypothesisText} = second
  const {hypothesisText: firstHypothesisText} = first
  if (referenceText === undefined || hypothesisText === undefined || firstHypothesisText === undefined) return {}
  return {referenceText, firstHypothesisText, hypothesisText}
}
