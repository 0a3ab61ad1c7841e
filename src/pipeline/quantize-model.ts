import {copyFile, mkdir, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname, join, posix, resolve} from 'node:path'
import {LinguluError} from './errors.js'
import {recordFile} from './models/file-record.js'
import type {Precision, PrecisionChoice} from './models/model-folder.js'
import {externalDataFiles} from './models/onnx-external-data.js'
import {checkModel} from './onnx/check-model.js'
import {type Model, weightKey} from './onnx/model.js'
import {TensorProto_DataLocation as Location} from './onnx/onnx-ml_pb.js'
import {readModel} from './onnx/read-model.js'
import {modelTensors} from './onnx/visit.js'
import {writeModel} from './onnx/write-model.js'
import {type QuantizationRecord, writeQuantizationRecord} from './quantize/quantization-record.js'
import {bytesOfFiles, openQuantizationSource, targetName} from './quantize/quantization-source.js'
import {applyRecipe, precisionOf, type Recipe} from './quantize/recipes.js'
import {checkLoads} from './runtime/load-check.js'
import {syncFolder, temporaryPath} from './transcripts/atomic-write.js'
import {outputError} from './transcripts/output-error.js'
import {ownIdentity} from './transcripts/process-identity.js'

export interface QuantizeModelOptions {
  /** A model folder, or one ONNX file. */
  readonly from: string
  /** The folder to be made, which must not be there. */
  readonly to: string
  readonly recipe: Recipe
  /** Which of the folder's ONNX files. Default `auto`: fp32. */
  readonly precision?: PrecisionChoice | undefined
  readonly signal?: AbortSignal | undefined
}

export type QuantizeEvent =
  | {readonly type: 'start'; readonly models: readonly string[]; readonly precision: Precision}
  | ({readonly type: 'model'; readonly source: string; readonly target: string} & {
      /** Nodes whose weights are integers now; undefined for half precision, which changes all. */
      readonly quantizedNodes: number | undefined
      /** With external data. */
      readonly sourceBytes: number
      readonly targetBytes: number
    })
  | {readonly type: 'done'; readonly folder: string; readonly sourceBytes: number; readonly targetBytes: number}

type ModelEvent = Extract<QuantizeEvent, {type: 'model'}>

/**
 * Makes a quantized copy of a model: its ONNX files by the recipe, named as Hugging Face names them, its other files as
 * they are, and `lingulu.json`, which says what was done. Each new file has been loaded before the folder gets its name;
 * until then nothing is there.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_MISSING, MODEL_INVALID, OPTION_UNSUPPORTED if there is nothing to
 *   quantize; the signal's reason
 */
export async function* quantizeModel(options: QuantizeModelOptions): AsyncGenerator<QuantizeEvent, void> {
  const {from, recipe, precision: choice = 'auto', signal} = options
  const to = resolve(options.to)
  await refuseExisting(to)
  const {folder, models, companions} = await openQuantizationSource(from, choice)
  const precision = precisionOf(recipe)
  yield {type: 'start', models, precision}
  const draft = temporaryPath(to, await ownIdentity())
  try {
    await mkdir(draft, {recursive: true})
    for (const name of companions) await copyFile(join(folder, name), join(draft, name))
    const done: ModelEvent[] = []
    const sources: string[] = []
    const files: QuantizationRecord['files'][number][] = []
    for (const source of models) {
      signal?.throwIfAborted()
      const made = await quantizeFile({folder, draft, source, target: targetName(source, precision)}, recipe, signal)
      done.push(made.event)
      sources.push(...made.sources)
      for (const file of made.targets) files.push(await recordFile(draft, file, signal))
      yield made.event
    }
    requireChange(done, from)
    const source = []
    for (const name of sources) source.push(await recordFile(folder, name, signal))
    await writeQuantizationRecord(draft, resolve(from), {source, recipe, precision, files})
    await refuseExisting(to)
    await rename(draft, to)
    await syncFolder(dirname(to))
    const sum = (key: 'sourceBytes' | 'targetBytes') => done.reduce((total, event) => total + event[key], 0)
    yield {type: 'done', folder: to, sourceBytes: sum('sourceBytes'), targetBytes: sum('targetBytes')}
  } catch (error) {
    throw outputError(to, error)
  } finally {
    await rm(draft, {recursive: true, force: true})
  }
}

interface Places {
  readonly folder: string
  readonly draft: string
  readonly source: string
  readonly target: string
}

async function quantizeFile({folder, draft, source, target}: Places, recipe: Recipe, signal: AbortSignal | undefined) {
  const path = join(folder, source)
  const {model, nodes} = await applyRecipe(await readModel(path), recipe)
  checkModel(model, `What became of ${path}`)
  const options = {signal, ...(sharesWeights(model) ? {externalDataBytes: 0} : {})}
  const written = await writeModel(model, join(draft, target), options)
  await checkLoads(join(draft, target), signal)
  const locations = await externalDataFiles(path)
  const sources = [source, ...locations.map(location => posix.join(posix.dirname(source), location))]
  const event: ModelEvent = {
    type: 'model',
    source,
    target,
    quantizedNodes: nodes?.length,
    sourceBytes: await bytesOfFiles(folder, sources),
    targetBytes: written.bytes,
  }
  return {event, sources, targets: written.files.map(file => posix.join(posix.dirname(target), basename(file)))}
}

/** Smaller ones may be there twice. */
const TIED_BYTES = 1 << 20

/** Tied weights are stored once only in a file beside the model. */
function sharesWeights({proto, weights}: Model): boolean {
  const keys = [...modelTensors(proto)]
    .filter(({dataLocation}) => dataLocation === Location.EXTERNAL)
    .map(tensor => weightKey(tensor) ?? '')
    .filter(key => (weights.get(key)?.byteLength ?? 0) >= TIED_BYTES)
  return new Set(keys).size < keys.length
}

function requireChange(events: readonly ModelEvent[], from: string): void {
  if (events.some(({quantizedNodes}) => quantizedNodes !== 0)) return
  throw new LinguluError('OPTION_UNSUPPORTED', `${from} has no float32 weights to quantize in the chosen operators.`, {
    hint: 'Give the float32 model, and operators that it has.',
  })
}

async function refuseExisting(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return
  throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {
    hint: 'Choose another place, or remove it first.',
  })
}
