import {stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {type EvaluateOptions, evaluate} from '../evaluate.js'
import type {EvaluateEvent} from '../evaluation/evaluate-events.js'
import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import {externalDataFiles} from '../models/onnx-external-data.js'
import {readModelFolder} from '../models/read-model-folder.js'
import {usableCores} from '../runtime/cores.js'
import {chooseProvider} from '../runtime/providers.js'
import type {Device, Provider} from '../runtime/session.js'
import {errorsOf, referenceLength} from '../scoring/error-counts.js'
import {type GraphFile, graphFiles} from './graph-files.js'
import type {ModelMeasurement} from './quantization-report.js'
import {timeGraphs} from './time-graphs.js'

/** On what, and how, models are evaluated: as `lingulu evaluate` does it. */
export type EvaluationSettings = Pick<
  EvaluateOptions,
  'dataset' | 'reading' | 'subset' | 'scoring' | 'decoding' | 'prepare' | 'batchSize'
>

export interface MeasureModelOptions {
  /** Default `auto`. */
  readonly precision?: PrecisionChoice | undefined
  /** Without it there is no accuracy and no speed of transcription. */
  readonly evaluation?: EvaluationSettings | undefined
  /** Feeds files by graph (`recordFeeds` of the model before): without them graphs are loaded only. */
  readonly feeds?: ReadonlyMap<string, string> | undefined
  /** Default `cpu`. */
  readonly device?: Device | undefined
  /** Default: the cores of this machine. */
  readonly threads?: number | undefined
  /** Runs of each graph that are timed, more where they are quick. Default 10. */
  readonly rounds?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EvaluateEvent) => void) | undefined
}

/** A measurement, and what the evaluation says besides. */
export interface MeasuredModel {
  readonly measurement: ModelMeasurement
  /** What ran it. */
  readonly provider: Provider
  /** Undefined where nothing was evaluated. */
  readonly evaluation: EvaluationReport | undefined
}

const ROUNDS = 10

/**
 * Measures a model folder: bytes on disk, time to load, latency of its graphs, and over a data set word and character
 * error rate and speed. Batches have one window unless asked otherwise: activations that are quantized as they come
 * would depend on what else is in the batch. Speed is that of one run; other work on the machine is in it.
 *
 * @throws what `evaluate` and `readModelFolder` throw; LinguluError WORKER_CRASHED; the signal's reason
 */
export async function measureModel(path: string, options: MeasureModelOptions = {}): Promise<MeasuredModel> {
  return await addTimes(await measureAccuracy(path, options), path, options)
}

/** {@link measureModel} without the times of loading and of graphs, which say nothing while a search goes on. */
export async function measureAccuracy(path: string, options: MeasureModelOptions = {}): Promise<MeasuredModel> {
  const {precision, device = 'cpu', signal} = options
  const {name, hash, precision: found} = await readModelFolder(path, {precision})
  const {provider} = await chooseProvider(device, {signal})
  const evaluation = await evaluateModel(path, {...options, device})
  const measurement: ModelMeasurement = {
    name,
    hash,
    precision: found,
    bytes: await bytesOnDisk(await graphFiles(path, precision)),
    latencies: [],
    ...(evaluation === undefined ? {} : accuracyOf(evaluation, options.evaluation?.batchSize ?? 1)),
    unmeasured: missingFigures(evaluation),
  }
  return {measurement, provider, evaluation}
}

/** What {@link measureAccuracy} gave, with the times that it left out. */
export async function addTimes(
  measured: MeasuredModel,
  path: string,
  {precision, feeds = new Map(), threads = usableCores(), rounds = ROUNDS, signal}: MeasureModelOptions = {},
): Promise<MeasuredModel> {
  const {measurement, provider} = measured
  const graphs = (await graphFiles(path, precision)).map(file => ({...file, feeds: feeds.get(file.graph)}))
  const {load, latencies} = await timeGraphs(graphs, {session: {provider, threads}, rounds, signal})
  const unfed = graphs.flatMap(({graph, feeds: file}) => (file === undefined ? [graph] : []))
  const reason = 'nothing was recorded that it could be fed'
  const unmeasured = [...unfed.map(graph => ({figure: `latency of ${graph}`, reason})), ...measurement.unmeasured]
  return {...measured, measurement: {...measurement, load, latencies: [...latencies], unmeasured}}
}

/** Resampled intervals are for people to read; this many are enough for two digits. */
const BOOTSTRAP_SAMPLES = 2000

async function evaluateModel(
  model: string,
  {evaluation, precision, device, threads = usableCores(), signal, onEvent}: MeasureModelOptions,
): Promise<EvaluationReport | undefined> {
  if (evaluation === undefined) return undefined
  const report = {worst: 0, by: [], bootstrapSamples: BOOTSTRAP_SAMPLES, texts: false}
  const options: EvaluateOptions = {batchSize: 1, ...evaluation, model, precision, device, threads, report}
  for await (const event of evaluate(options, {signal})) {
    onEvent?.(event)
    if (event.type === 'done') return event.report
  }
  throw new Error('An evaluation ends with done.')
}

function accuracyOf(
  {wer, cer, words, utterances, intervals, speed}: EvaluationReport,
  batchSize: number,
): Pick<ModelMeasurement, 'accuracy' | 'speed'> {
  const {wer: interval} = intervals
  const {total, failed} = utterances
  return {
    accuracy: {
      wer,
      cer,
      wordErrors: errorsOf(words),
      words: referenceLength(words),
      interval: interval && {low: interval.low, high: interval.high, level: interval.level},
      utterances: total,
      failed,
      batchSize,
    },
    ...(speed?.rtfx != null && {
      speed: {rtfx: speed.rtfx, audioSeconds: speed.audioSeconds, wallSeconds: speed.wallSeconds},
    }),
  }
}

function missingFigures(evaluation: EvaluationReport | undefined): ModelMeasurement['unmeasured'] {
  if (evaluation === undefined)
    return ['WER and CER', 'RTFx'].map(figure => ({figure, reason: 'no data were given to evaluate on'}))
  if (evaluation.speed?.rtfx != null) return []
  return [{figure: 'RTFx', reason: 'no recording could be transcribed'}]
}

/** Two names of one file count once. */
async function bytesOnDisk(graphs: readonly GraphFile[]): Promise<number> {
  const sizes = new Map<string, number>()
  for (const {path} of graphs) {
    const data = (await externalDataFiles(path)).map(location => join(dirname(path), location))
    for (const file of [path, ...data]) {
      const {dev, ino, size} = await stat(file, {bigint: true})
      sizes.set(`${dev}:${ino}`, Number(size))
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}
