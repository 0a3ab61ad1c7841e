import {join} from 'node:path'
import {LinguluError} from './errors.js'
import {findArchitecture} from './export/architectures.js'
import {type Checkpoint, openCheckpoint} from './export/checkpoint.js'
import {inPrecision} from './export/in-precision.js'
import type {ExportPrecision, Layout} from './export/layouts.js'
import {type Provenance, recordFiles, writeProvenance} from './export/provenance.js'
import {bytesToWrite, writeGraphs} from './export/write-graphs.js'
import {copyCompanions} from './models/companions.js'
import {checkModel} from './onnx/check-model.js'
import {streamEvents} from './runtime/event-stream.js'
import {checkLoads} from './runtime/load-check.js'
import {writeFolder} from './transcripts/draft-folder.js'
import {refuseExisting} from './transcripts/refuse-existing.js'
import {packageVersion} from './version.js'

/** The oldest operators that the graphs are made of, and the newest they were checked with. */
export const EXPORT_OPSETS = {least: 17, most: 21} as const

export interface ExportOptions {
  /** A folder with config.json and safetensors weights. */
  readonly checkpoint: string
  /** The folder to make; it must not be there. */
  readonly out: string
  /** Which files are made, and of which operators. Default `fused`. */
  readonly layout?: Layout | undefined
  /** How weights are stored. Inputs and outputs are float32 with either. Default `fp32`. */
  readonly precision?: ExportPrecision | undefined
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
  /** All is written. ONNX Runtime loads the graphs now, to see that it can, and files are hashed. */
  | {readonly type: 'check'}
  | {readonly type: 'done'; readonly folder: string; readonly bytes: number; readonly provenance: Provenance}

/**
 * Makes ONNX graphs of a checkpoint. The folder appears when all of it is written and each graph has been loaded by ONNX
 * Runtime, or not at all; drafts that killed exports left beside it are removed. Weights go through memory piece by piece.
 *
 * @throws LinguluError USAGE, OPTION_UNSUPPORTED, MODEL_MISSING, MODEL_INVALID (naming the tensor), OUTPUT_EXISTS,
 *   OUTPUT_FAILED; the signal's reason
 */
export function exportModel(
  options: ExportOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<ExportEvent> {
  return streamEvents<ExportEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

type Emit = (event: ExportEvent) => void

async function run(options: ExportOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const {out, layout = 'fused', precision = 'fp32', opset = EXPORT_OPSETS.least, crossAttentions = true} = options
  const {externalDataBytes} = options
  checkOpset(opset)
  await refuseExisting(out)
  const checkpoint = await openCheckpoint(options.checkpoint)
  const {name: architecture, makeGraphs} = await findArchitecture(checkpoint, layout)
  const used = new Set<string>()
  const build = {opset, producer: {name: 'lingulu', version: packageVersion()}}
  const made = await makeGraphs({checkpoint, used, build, layout, crossAttentions})
  const graphs = made.map(graph => inPrecision(graph, precision))
  for (const {path, model} of graphs) checkModel(model, path)
  const totalBytes = bytesToWrite(graphs, externalDataBytes)
  emit({type: 'plan', architecture, graphs: graphs.map(({path}) => path), totalBytes})
  for (const message of notesOn(checkpoint, used, architecture)) emit({type: 'note', message})
  const onProgress = (path: string, doneBytes: number) => emit({type: 'progress', path, doneBytes, totalBytes})
  const settings = {layout, precision, opset, crossAttentions}
  // Hashing takes the processor while writing waits for the disk.
  const failure = new AbortController()
  const hashing = recordFiles(checkpoint.path, checkpoint.weightFiles, AbortSignal.any([signal, failure.signal]))
  const writing = writeFolder(
    out,
    async draft => {
      const written = await writeGraphs(graphs, draft, {signal, externalDataBytes, onProgress})
      const paths = [...written, ...(await copyCompanions(checkpoint.files, draft))]
      emit({type: 'check'})
      const [files] = await bothDone(
        recordFiles(draft, paths, signal),
        checkLoads(
          graphs.map(({path}) => join(draft, path)),
          signal,
        ),
      )
      return writeProvenance(draft, {checkpoint, architecture, options: settings, weights: await hashing, files})
    },
    signal,
  )
  writing.catch(() => failure.abort())
  const [provenance] = await bothDone(writing, hashing)
  const bytes = provenance.files.reduce((sum, file) => sum + file.bytes, 0)
  emit({type: 'done', folder: out, bytes, provenance})
}

/** Nothing is under way any more when it returns or throws. */
async function bothDone<First, Second>(first: Promise<First>, second: Promise<Second>): Promise<[First, Second]> {
  await Promise.allSettled([first, second])
  return Promise.all([first, second])
}

function checkOpset(opset: number): void {
  const {least, most} = EXPORT_OPSETS
  if (Number.isInteger(opset) && opset >= least && opset <= most) return
  throw new LinguluError('USAGE', `Opset ${opset} is not one of ${least} to ${most}.`)
}

/**
 * Tensors of training, second names of tied ones, and biases that the normalisation after them takes away again: that they
 * are left out needs no word.
 */
const EXPECTED_UNUSED = /(?:^|\.)(?:masked_spec_embed|proj_out\.weight|num_batches_tracked|conv_layers\.0\.conv\.bias)$/
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
