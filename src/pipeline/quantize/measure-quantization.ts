import type {EvaluateEvent} from '../evaluation/evaluate-events.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import {usableCores} from '../runtime/cores.js'
import type {Device} from '../runtime/session.js'
import type {AccuracyEvent} from './accuracy-events.js'
import {buildQuantizationReport, type ReportParts} from './build-quantization-report.js'
import {compareOutputs} from './compare-outputs.js'
import {graphFiles} from './graph-files.js'
import {
  addTimes,
  type EvaluationSettings,
  type MeasuredModel,
  type MeasureModelOptions,
  measureAccuracy,
  measureModel,
} from './measure-model.js'
import {groupNodes, type QuantizableNode} from './node-groups.js'
import type {GroupRecord, OutputErrorRecord, QuantizationReport, SensitivityRecord} from './quantization-report.js'
import type {RecordedFeeds} from './record-feeds.js'
import {searchWithinBudget, type WithinBudget} from './search-within-budget.js'
import {rankSensitivity} from './sensitivity.js'

export interface MeasureQuantizationOptions {
  /** The model before: a folder. */
  readonly source: string
  /** Of the source's files. Default `auto`. */
  readonly precision?: PrecisionChoice | undefined
  /** Makes the quantized model with the nodes of these groups in float, and gives its folder. */
  readonly quantize: (kept: readonly GroupRecord[]) => Promise<string>
  /** A folder that `quantize` gave is of no use any more. */
  readonly discard?: ((folder: string) => Promise<void>) | undefined
  /** For a ranking of layers by sensitivity, which a budget needs. */
  readonly sensitivity?: SensitivitySource | undefined
  /** How much the word error rate may rise, in absolute percentage points: 0.2 from 7.0 % to 7.2 %. */
  readonly maxWerIncreasePoints?: number | undefined
  /** What `recordFeeds` gave for the source; without it neither latencies nor output errors are measured. */
  readonly feeds?: RecordedFeeds | undefined
  /** Without it there is no accuracy; a budget needs it. */
  readonly evaluation?: EvaluationSettings | undefined
  /** For speed and accuracy. Default `cpu`. */
  readonly device?: Device | undefined
  readonly threads?: number | undefined
  /** Timed runs of each graph, more where they are quick. Default 10. */
  readonly rounds?: number | undefined
  /** For the report: the recipe and what else was asked. */
  readonly options: QuantizationReport['options']
  /** Title of the report. Default: the source's name. */
  readonly name?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: AccuracyEvent) => void) | undefined
}

export interface SensitivitySource {
  /** The nodes that the recipe quantizes, by graph (`encoder_model`, `model`, …: `graphName` of the file). */
  readonly nodes: ReadonlyMap<string, readonly QuantizableNode[]>
  /** Writes the graph with these nodes quantized, and no others, to `target`. */
  readonly quantizeOnly: (graph: string, nodes: readonly string[], target: string) => Promise<void>
  /** A scratch folder. */
  readonly folder: string
}

export interface MeasuredQuantization {
  /** The model to be kept, as `quantize` gave it. */
  readonly folder: string
  readonly report: QuantizationReport
}

/**
 * Quantizes a model and measures what that cost: the source first, then the sensitivity of its layers where it is asked
 * for, then the quantized model, or with a budget as many candidates as the search takes. Of what the model is fed
 * nothing is kept but the feeds that were recorded.
 *
 * @throws LinguluError GATE_FAILED if the budget cannot be met; RangeError for a budget without data and sensitivity;
 *   what quantizing and evaluating throw; the signal's reason
 */
export async function measureQuantization(options: MeasureQuantizationOptions): Promise<MeasuredQuantization> {
  const startedAt = new Date().toISOString()
  const {source, maxWerIncreasePoints, evaluation, sensitivity, onEvent} = options
  if (maxWerIncreasePoints !== undefined && (evaluation === undefined || sensitivity === undefined))
    throw new RangeError('A budget needs data to evaluate on, and layers to keep.')
  onEvent?.({type: 'measure', model: 'source', kept: 0})
  const baseline = await measureModel(source, measuringOptions(options, 'source'))
  const ranking = sensitivity === undefined ? [] : await rank(sensitivity, options)
  const made = await quantizeAndMeasure(options, {baseline, ranking})
  const outputErrors = await compareGraphs(made.folder, options)
  const measured = await addTimes(made.measured, made.folder, measuringOptions(options, 'candidate'))
  const parts: ReportParts = {...made, measured, baseline, outputErrors, sensitivity: ranking, startedAt}
  return {folder: made.folder, report: await buildQuantizationReport(parts, options)}
}

interface Made extends Omit<WithinBudget, 'search'> {
  readonly search: WithinBudget['search'] | null
}

interface Measuring {
  readonly baseline: MeasuredModel
  readonly ranking: readonly SensitivityRecord[]
}

async function quantizeAndMeasure(options: MeasureQuantizationOptions, {baseline, ranking}: Measuring): Promise<Made> {
  const {source, maxWerIncreasePoints, quantize, discard, onEvent} = options
  const measure = (folder: string, kept: number) => {
    onEvent?.({type: 'measure', model: 'candidate', kept})
    return measureAccuracy(folder, measuringOptions(options, folder === source ? 'source' : 'candidate'))
  }
  if (maxWerIncreasePoints === undefined) {
    const folder = await quantize([])
    return {folder, measured: await measure(folder, 0), search: null}
  }
  const budget = maxWerIncreasePoints / 100
  return await searchWithinBudget({baseline, source, ranking, budget, quantize, measure, discard, onEvent})
}

const feedFiles = (feeds: RecordedFeeds | undefined): ReadonlyMap<string, string> =>
  new Map(feeds?.graphs.map(({graph, path}) => [graph, path]))

function measuringOptions(
  {precision, feeds, evaluation, device, threads, rounds, signal, onEvent}: MeasureQuantizationOptions,
  model: 'source' | 'candidate',
): MeasureModelOptions {
  return {
    // What was made has one precision of each part.
    precision: model === 'source' ? precision : undefined,
    feeds: feedFiles(feeds),
    evaluation,
    device,
    threads,
    rounds,
    signal,
    onEvent: countUtterances(onEvent),
  }
}

function countUtterances(onEvent: MeasureQuantizationOptions['onEvent']): (event: EvaluateEvent) => void {
  let done = 0
  let total = 0
  return event => {
    if (event.type === 'dataset') total = event.utterances
    if (event.type === 'utterance') onEvent?.({type: 'evaluate', done: ++done, total})
  }
}

async function rank(
  {nodes, quantizeOnly, folder}: SensitivitySource,
  {source, precision, feeds, threads, signal, onEvent}: MeasureQuantizationOptions,
): Promise<SensitivityRecord[]> {
  const files = await graphFiles(source, precision)
  return await rankSensitivity({
    groups: [...nodes].flatMap(([graph, own]) => groupNodes(graph, own)),
    sources: new Map(files.map(({graph, path}) => [graph, path])),
    feeds: feedFiles(feeds),
    quantizeOnly,
    folder,
    threads,
    signal,
    onProgress: progress => onEvent?.({type: 'sensitivity', ...progress}),
  })
}

/** Of the graphs that both models have, and that were fed something. */
async function compareGraphs(
  folder: string,
  {source, precision, feeds, threads = usableCores(), signal, onEvent}: MeasureQuantizationOptions,
): Promise<OutputErrorRecord[]> {
  const recorded = feedFiles(feeds)
  const candidates = new Map((await graphFiles(folder)).map(({graph, path}) => [graph, path]))
  const errors: OutputErrorRecord[] = []
  for (const {graph, path} of await graphFiles(source, precision)) {
    const candidate = candidates.get(graph)
    const file = recorded.get(graph)
    if (candidate === undefined || file === undefined) continue
    onEvent?.({type: 'compare', graph})
    const found = await compareOutputs(path, candidate, {feeds: file, threads, signal})
    errors.push(...found.map(error => ({graph, ...error})))
  }
  return errors
}
