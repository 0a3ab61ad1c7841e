import {mkdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, join, relative, resolve} from 'node:path'
import {LinguluError} from './errors.js'
import {type ExportedGraph, findArchitecture} from './export/architectures.js'
import {type Checkpoint, openCheckpoint} from './export/checkpoint.js'
import {copyCompanions} from './export/companions.js'
import {type Provenance, writeProvenance} from './export/provenance.js'
import {checkModel} from './onnx/check-model.js'
import {weightKey} from './onnx/model.js'
import {modelTensors} from './onnx/visit.js'
import {writeModel} from './onnx/write-model.js'
import {streamEvents} from './runtime/event-stream.js'
import {syncFolder, temporaryPath} from './transcripts/atomic-write.js'
import {makeFolder} from './transcripts/make-folder.js'
import {outputError} from './transcripts/output-error.js'
import {ownIdentity} from './transcripts/process-identity.js'
import {packageVersion} from './version.js'

/** The oldest operators that the graphs are made of, and the newest they were checked with. */
export const EXPORT_OPSETS = {least: 17, most: 21} as const

export interface ExportOptions {
  /** A folder with config.json and safetensors weights. */
  readonly checkpoint: string
  /** The folder to make; it must not be there. */
  readonly out: string
  /** Version of ONNX's operators, 17 (the default) to 21. */
  readonly opset?: number | undefined
  /** Let Whisper's decoder give its cross-attention, which word timestamps need. Default: true. */
  readonly crossAttentions?: boolean | undefined
  /** Models with more bytes of weights keep them in a file beside. Default 1,000,000,000. */
  readonly externalDataBytes?: number | undefined
}

export type ExportEvent =
  | {
      readonly type: 'plan'
      readonly architecture: string
      /** Relative to the folder. */
      readonly graphs: readonly string[]
      readonly totalBytes: number
    }
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  /** Bytes of weights, of all graphs together. */
  | {readonly type: 'progress'; readonly path: string; readonly doneBytes: number; readonly totalBytes: number}
  | {readonly type: 'done'; readonly folder: string; readonly bytes: number; readonly provenance: Provenance}

/**
 * Makes ONNX graphs of a checkpoint, in the layout of Hugging Face's optimum. The folder appears when all of it is
 * written, or not at all. Weights go through memory piece by piece.
 *
 * @throws LinguluError USAGE, MODEL_MISSING, MODEL_INVALID (naming the tensor), OUTPUT_EXISTS, OUTPUT_FAILED; the
 *   signal's reason
 */
export function exportModel(
  options: ExportOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<ExportEvent> {
  return streamEvents<ExportEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

type Emit = (event: ExportEvent) => void

async function run(options: ExportOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const {out, opset = EXPORT_OPSETS.least, crossAttentions = true} = options
  checkOpset(opset)
  await refuseExisting(out)
  const checkpoint = await openCheckpoint(options.checkpoint)
  const {name: architecture, makeGraphs} = await findArchitecture(checkpoint)
  const used = new Set<string>()
  const build = {opset, producer: {name: 'lingulu', version: packageVersion()}}
  const graphs = await makeGraphs({checkpoint, used, build, crossAttentions})
  for (const {path, model} of graphs) checkModel(model, path)
  const totalBytes = graphs.reduce((sum, graph) => sum + weightBytes(graph), 0)
  emit({type: 'plan', architecture, graphs: graphs.map(({path}) => path), totalBytes})
  for (const message of notesOn(checkpoint, used, architecture)) emit({type: 'note', message})
  const owner = await ownIdentity()
  const draft = temporaryPath(resolve(out), owner)
  try {
    await makeFolder(dirname(resolve(out)))
    await mkdir(draft)
    const paths = await writeGraphs(graphs, draft, {emit, totalBytes, signal, options})
    paths.push(...(await copyCompanions(checkpoint.files, draft)))
    const settings = {precision: 'fp32', opset, crossAttentions}
    const provenance = await writeProvenance(draft, checkpoint, {architecture, options: settings, paths}, signal)
    signal.throwIfAborted()
    await refuseExisting(out)
    await rename(draft, out)
    await syncFolder(dirname(resolve(out)))
    const bytes = provenance.files.reduce((sum, file) => sum + file.bytes, 0)
    emit({type: 'done', folder: out, bytes, provenance})
  } catch (error) {
    await rm(draft, {recursive: true, force: true}).catch(() => undefined)
    throw outputError(out, error)
  }
}

function checkOpset(opset: number): void {
  const {least, most} = EXPORT_OPSETS
  if (Number.isInteger(opset) && opset >= least && opset <= most) return
  throw new LinguluError('USAGE', `Opset ${opset} is not one of ${least} to ${most}.`)
}

async function refuseExisting(out: string): Promise<void> {
  if ((await stat(out).catch(() => undefined)) === undefined) return
  throw new LinguluError('OUTPUT_EXISTS', `${out} is there already.`, {
    hint: 'Choose another place, or remove it first.',
  })
}

function weightBytes({model: {proto, weights}}: ExportedGraph): number {
  const keys = new Set([...modelTensors(proto)].map(weightKey).filter(key => key !== undefined))
  return [...keys].reduce((sum, key) => sum + (weights.get(key)?.byteLength ?? 0), 0)
}

interface Writing {
  readonly emit: Emit
  readonly totalBytes: number
  readonly signal: AbortSignal
  readonly options: ExportOptions
}

/** Gives the files written, relative to the folder. */
async function writeGraphs(
  graphs: readonly ExportedGraph[],
  folder: string,
  {emit, totalBytes, signal, options: {externalDataBytes}}: Writing,
): Promise<string[]> {
  const paths: string[] = []
  let before = 0
  for (const graph of graphs) {
    const {path, model} = graph
    const onProgress = (done: number) => emit({type: 'progress', path, doneBytes: before + done, totalBytes})
    const {files} = await writeModel(model, join(folder, path), {externalDataBytes, signal, onProgress})
    paths.push(...files.map(file => relative(folder, file).replaceAll('\\', '/')))
    before += weightBytes(graph)
  }
  return paths
}

/** Tensors of training, and second names of tied ones: that they are left out needs no word. */
const EXPECTED_UNUSED = /(?:^|\.)(?:masked_spec_embed|proj_out\.weight|num_batches_tracked)$/
const SHOWN_NAMES = 5

function* notesOn(
  {tensors, files, path}: Checkpoint,
  used: ReadonlySet<string>,
  architecture: string,
): Generator<string> {
  const unused = [...tensors.keys()].filter(name => !used.has(name) && !EXPECTED_UNUSED.test(name))
  if (unused.length > 0) {
    const more = unused.length > SHOWN_NAMES ? ` and ${unused.length - SHOWN_NAMES} more` : ''
    yield `${path}: tensors that a ${architecture} does not use were left out: ${unused.slice(0, SHOWN_NAMES).join(', ')}${more}.`
  }
  if (architecture.startsWith('Whisper') && !files.names.has('tokenizer.json'))
    yield `${path} has no tokenizer.json, which \`lingulu transcribe\` needs: copy it from the model that this one was made of.`
}
