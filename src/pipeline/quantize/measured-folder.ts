import {rm} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {selectDataset} from '../evaluation/select-dataset.js'
import {readModelFolder} from '../models/read-model-folder.js'
import type {Device} from '../runtime/session.js'
import {recordMoreFiles} from '../tools/folder-record.js'
import type {TransformedFolder} from '../tools/transform-folder.js'
import {nameFolder} from '../transcripts/draft-folder.js'
import type {EvaluationSettings} from './measure-model.js'
import {measureQuantization, type SensitivitySource} from './measure-quantization.js'
import type {QuantizationPlan} from './plan-quantization.js'
import type {GroupRecord, QuantizationReport} from './quantization-report.js'
import type {QuantizeEvent} from './quantize-events.js'
import {type QuantizedFile, type QuantizeFolderOptions, quantizeFolder, quantizeWithTool} from './quantize-folder.js'
import type {RecipeStep} from './recipes.js'
import {type RecordedFeeds, recordFeeds} from './record-feeds.js'
import {writeQuantizationReport} from './write-quantization-report.js'

/** With what, and how, a model is calibrated and measured. */
export interface MeasuringOptions extends EvaluationSettings {
  /** Recordings that are transcribed to see what the model is fed. Default 32. */
  readonly calibrationSamples?: number | undefined
  /** Measure accuracy and speed. Default true; else the data are for calibration only. */
  readonly measure?: boolean | undefined
  /** How much the word error rate may rise, in absolute percentage points: what costs most stays in float. */
  readonly maxWerIncrease?: number | undefined
  /** Rank layers by what quantizing them costs. Default: only where a budget needs it. */
  readonly sensitivity?: boolean | undefined
}

export interface MeasuredFolderOptions extends Omit<QuantizeFolderOptions, 'to' | 'kept' | 'feeds'> {
  readonly plan: QuantizationPlan
  readonly out: string
  readonly data: MeasuringOptions
  readonly device?: Device | undefined
  readonly threads?: number | undefined
  /** A folder for candidates and recordings, on the disk of `out`. */
  readonly scratch: string
  readonly emit: (event: QuantizeEvent) => void
}

type Made = TransformedFolder & {readonly files: readonly QuantizedFile[]}

/**
 * Makes a quantized copy of a model folder that is calibrated, measured, and kept within a budget, as the data ask for.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for a lone ONNX file; what `quantizeFolder`, `recordFeeds` and `measureQuantization` throw
 */
export async function quantizeMeasured(
  options: MeasuredFolderOptions,
): Promise<Made & {readonly report: QuantizationReport | undefined}> {
  const {plan, out, data} = options
  if (plan.from.endsWith('.onnx'))
    throw new LinguluError('OPTION_UNSUPPORTED', `${plan.from} cannot transcribe recordings by itself.`, {
      hint: 'Give the folder of the model, or leave --data out.',
    })
  const feeds = await record(options)
  const byGraph = new Map(feeds.graphs.map(({graph, path}) => [graph, path]))
  if (data.measure === false) {
    const made = await quantizeFolder(plan, {...options, to: out, feeds: byGraph})
    return {...made, report: undefined}
  }
  const candidates = new Candidates(options, byGraph)
  const first = await candidates.make([])
  const {folder, report} = await measureQuantization({
    ...measuring(options, feeds),
    sensitivity: needsRanking(data) ? sensitivitySource(options, first.files, byGraph) : undefined,
    quantize: async kept => (kept.length === 0 ? first : await candidates.make(kept)).folder,
    discard: place => rm(place, {recursive: true, force: true}),
  })
  const made = candidates.find(folder)
  const paths = await writeQuantizationReport(report, folder, options.signal)
  const complete = await recordMoreFiles(folder, made.record, paths, options.signal)
  options.signal?.throwIfAborted()
  await nameFolder(folder, out)
  return {...made, record: complete, folder: resolve(out), report}
}

const needsRanking = ({maxWerIncrease, sensitivity}: MeasuringOptions): boolean =>
  maxWerIncrease !== undefined || sensitivity === true

async function record({plan, data, threads, scratch, signal, emit}: MeasuredFolderOptions): Promise<RecordedFeeds> {
  const model = await readModelFolder(plan.from, {precision: plan.precision})
  const {utterances, warnings} = await selectDataset(data.dataset, {...data.reading, signal})
  for (const message of warnings) emit({type: 'note', message})
  return await recordFeeds(model, utterances, {
    folder: join(scratch, 'feeds'),
    samples: data.calibrationSamples,
    threads,
    signal,
    onProgress: ({done, total}) => emit({type: 'record', done, total}),
  })
}

function measuring(
  {plan, data, device, threads, signal, emit}: MeasuredFolderOptions,
  feeds: RecordedFeeds,
): Omit<Parameters<typeof measureQuantization>[0], 'quantize'> {
  const {dataset, reading, subset, scoring, decoding, prepare, batchSize} = data
  const {calibrationSamples, maxWerIncrease} = data
  return {
    source: plan.from,
    precision: plan.precision,
    maxWerIncreasePoints: maxWerIncrease,
    feeds,
    evaluation: {dataset, reading, subset, scoring, decoding, prepare, batchSize},
    device,
    threads,
    options: JSON.parse(JSON.stringify({recipe: plan.recipe, maxWerIncrease, calibrationSamples, subset})),
    signal,
    onEvent: emit,
  }
}

/** Folders that were made on the way. */
class Candidates {
  readonly #options: MeasuredFolderOptions
  readonly #feeds: ReadonlyMap<string, string>
  readonly #made: Made[] = []

  constructor(options: MeasuredFolderOptions, feeds: ReadonlyMap<string, string>) {
    this.#options = options
    this.#feeds = feeds
  }

  /** Named as the result will be: reports call it so. */
  async make(kept: readonly GroupRecord[]): Promise<Made> {
    const {plan, out, scratch} = this.#options
    const to = join(scratch, String(this.#made.length), basename(resolve(out)))
    const made = await quantizeFolder(plan, {
      ...this.#options,
      to,
      feeds: this.#feeds,
      kept: kept.length === 0 ? undefined : keptNodes(kept),
    })
    this.#made.push(made)
    return made
  }

  find(folder: string): Made {
    const made = this.#made.find(one => one.folder === folder)
    if (made === undefined) throw new RangeError(`${folder} was not made here`)
    return made
  }
}

function keptNodes(groups: readonly GroupRecord[]): ReadonlyMap<string, readonly string[]> {
  const kept = new Map<string, string[]>()
  for (const {graph, nodes} of groups) kept.set(graph, [...(kept.get(graph) ?? []), ...nodes])
  return kept
}

function sensitivitySource(
  {plan, scratch, signal}: MeasuredFolderOptions,
  files: readonly QuantizedFile[],
  feeds: ReadonlyMap<string, string>,
): SensitivitySource {
  const changed = new Map(files.map(({graph, nodes}) => [graph, nodes]))
  return {
    nodes: changed,
    folder: join(scratch, 'layers'),
    async quantizeOnly(graph, nodes, target) {
      const file = plan.files.find(one => one.graph === graph)
      if (file === undefined) throw new RangeError(`${graph} is not of this model`)
      const names = new Set(nodes)
      const steps = file.steps.flatMap((step, index): RecipeStep[] => {
        const own = (changed.get(graph) ?? []).filter(node => node.step === index && names.has(node.name))
        if (own.length === 0) return []
        return [{...step, include: undefined, nodes: [...new Set(own.map(({name}) => name))]}]
      })
      await quantizeWithTool({source: join(plan.source.folder, file.name), target}, steps, {
        feeds: feeds.get(graph),
        signal,
      })
    },
  }
}
