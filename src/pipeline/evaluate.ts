import {checkComparable, comparedGates, parseGates} from './evaluation/baseline-checks.js'
import {chooseBreakdowns} from './evaluation/breakdown-columns.js'
import {buildReport, type ReportOptions} from './evaluation/build-report.js'
import type {EvaluateEvent} from './evaluation/evaluate-events.js'
import {checkOutputFiles, type FileOptions, planOutputFiles} from './evaluation/output-files.js'
import {pairUtterances} from './evaluation/pair-utterances.js'
import {readHypotheses} from './evaluation/read-hypotheses.js'
import {type RecognizeOptions, recognizeDataset} from './evaluation/recognize-dataset.js'
import {datasetRecord, gatherFacts} from './evaluation/report-facts.js'
import {openScoring, type ScoringOptions} from './evaluation/scoring-options.js'
import {type SelectedDataset, type SelectOptions, selectDataset} from './evaluation/select-dataset.js'
import {findBaseline, writeResults} from './evaluation/write-results.js'
import {checkGates} from './gates/check-gates.js'
import type {GateInput} from './gates/gate-options.js'
import {streamEvents} from './runtime/event-stream.js'

export interface EvaluateOptions extends RecognizeOptions {
  /** A path, or a name of the catalogue. */
  readonly dataset: string
  /** How the data set lies on the disk, where that cannot be told by itself. */
  readonly reading?: Pick<SelectOptions, 'layout' | 'columns'> | undefined
  /** Score a sample of the data set only; `seed` is 1 by default. */
  readonly subset?: {readonly utterances: number; readonly seed?: number | undefined} | undefined
  /** Score these hypotheses instead of recognising anything. */
  readonly from?: string | undefined
  readonly scoring?: ScoringOptions | undefined
  readonly gates?: GateInput | undefined
  /** A report to measure this one against. */
  readonly baseline?: string | undefined
  /** Replace the baseline by this report if no gate and no utterance fails; make it if there is none. */
  readonly updateBaseline?: boolean | undefined
  /** What is written. Hypotheses are kept beside the report where `hypotheses` does not say where. */
  readonly files?: FileOptions['files']
  /** By default broken down by speaker and length. */
  readonly report?: Partial<ReportOptions> | undefined
  /** Title of the report. Default: the model and the data set. */
  readonly name?: string | undefined
  /** The command line that repeats it, for the report. */
  readonly command?: string | undefined
}

const REPORT_DEFAULTS = {worst: 20, bootstrapSamples: 10_000, seed: 1, texts: true} as const

/**
 * Evaluates a model on a data set: recognises every utterance, or takes the hypotheses that were stored, scores them,
 * checks the gates and writes the reports. An utterance that cannot be recognised counts as an empty hypothesis. A gate
 * that fails is in the report and no error. Aborting ends the workers; what was recognised stays where hypotheses are
 * stored, and `resume` goes on.
 *
 * @throws LinguluError before any work: USAGE, CONFIG_INVALID, OPTION_UNSUPPORTED, MANIFEST_INVALID, OUTPUT_EXISTS,
 * JOURNAL_INVALID, MODEL_…, PROVIDER_UNAVAILABLE; later OUTPUT_FAILED and the signal's reason.
 */
export async function* evaluate(
  options: EvaluateOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<EvaluateEvent> {
  yield* streamEvents<EvaluateEvent>((emit, abort) => work(options, emit, abort), signal)
}

async function work(
  options: EvaluateOptions,
  emit: (event: EvaluateEvent) => void,
  abort: AbortController,
): Promise<void> {
  const {signal} = abort
  const startedAt = new Date().toISOString()
  const gates = parseGates(options)
  const outputs = planOutputFiles(options)
  const baseline = await findBaseline(options, signal)
  const scoring = await openScoring(options.scoring)
  const dataset = await select(options, signal)
  await checkOutputFiles(outputs, dataset, options)
  if (baseline !== undefined) checkComparable(baseline, datasetRecord(dataset), scoring)
  const reporting = {...REPORT_DEFAULTS, ...options.report, by: chooseBreakdowns(dataset, options.report?.by)}
  const {name, recognition = '', warnings, utterances, all} = dataset
  emit({type: 'dataset', name, utterances: utterances.length, total: all.length, recognition, warnings})
  const hypotheses =
    options.from === undefined
      ? await recognizeDataset(dataset, {...options, hypotheses: outputs.hypotheses}, {emit, abort})
      : await readHypotheses(options.from, dataset)
  for (const message of hypotheses.warnings) emit({type: 'warning', name: undefined, message})
  signal.throwIfAborted()
  const facts = await gatherFacts(options, dataset, {hypotheses, scoring, startedAt})
  const scores = pairUtterances(utterances, hypotheses.texts).map(scoring.score)
  const report = buildReport(scores, facts, reporting)
  const checked = {...report, gates: checkGates(report, comparedGates(gates, baseline), baseline)}
  signal.throwIfAborted()
  emit({type: 'done', report: checked, files: await writeResults(checked, outputs, options, signal)})
}

/** Reads the data set and draws the sample; stored hypotheses need no recordings. */
const select = ({dataset, reading, subset, from}: EvaluateOptions, signal: AbortSignal): Promise<SelectedDataset> =>
  selectDataset(dataset, {
    ...reading,
    audio: from === undefined ? 'required' : 'ignored',
    subset: subset && {utterances: subset.utterances, seed: subset.seed ?? 1},
    signal,
  })
