import {basename, join} from 'node:path'
import {LinguluError} from './errors.js'
import type {PrecisionChoice} from './models/model-folder.js'
import {findModelSource, openModelSource} from './models/model-source.js'
import {describeShapes} from './onnx/optimize/fix-shapes.js'
import {readModel} from './onnx/read-model.js'
import {fixedShapesOf, OptimizeOptions} from './optimize/optimize-options.js'
import {OptimizeDone} from './optimize/optimize-tool.js'
import {graphName} from './quantize/graph-files.js'
import {streamEvents} from './runtime/event-stream.js'
import type {FolderRecord} from './tools/folder-record.js'
import {runTool} from './tools/run-tool.js'
import {transformFolder} from './tools/transform-folder.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

export interface OptimizeModelOptions {
  /** A model folder, an ONNX file, or a name of the catalogue or the hub that was fetched. */
  readonly model: string
  /** The folder to be made, which must not be there. */
  readonly out: string
  /** Default: ONNX Runtime’s basic level, and constants folded. */
  readonly options?: Partial<OptimizeOptions> | undefined
  /** Which of the folder’s ONNX files. Default `auto`: fp32. */
  readonly precision?: PrecisionChoice | undefined
}

/** What became of one ONNX file. */
export interface OptimizedFile extends Omit<OptimizeDone, 'type' | 'files' | 'fixed' | 'bytes'> {
  readonly file: string
  readonly targetBytes: number
}

export type OptimizeEvent =
  | {readonly type: 'start'; readonly model: string; readonly files: readonly string[]}
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  | {readonly type: 'progress'; readonly source: string; readonly fraction: number}
  | {
      readonly type: 'done'
      readonly folder: string
      readonly sourceBytes: number
      readonly targetBytes: number
      readonly files: readonly OptimizedFile[]
      readonly record: FolderRecord
    }

/**
 * Makes an optimised copy of a model: its ONNX files with fewer nodes and the same outputs, its other files as they are, and
 * `lingulu.json`, which says what was done. Each file is made by `onnx-optimize` in a process of its own, and loaded before
 * the folder gets its name; until then nothing is there.
 *
 * @throws LinguluError USAGE, OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_MISSING, MODEL_INVALID, WORKER_CRASHED; OPTION_UNSUPPORTED
 *   for shapes that do not fit; the signal's reason
 */
export function optimizeModel(
  options: OptimizeModelOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<OptimizeEvent> {
  return streamEvents<OptimizeEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

type Emit = (event: OptimizeEvent) => void

async function run(
  {model, out, options: given, precision = 'auto'}: OptimizeModelOptions,
  emit: Emit,
  signal: AbortSignal,
) {
  const options = OptimizeOptions.parse(given ?? {})
  const wanted = fixedShapesOf(options)
  await refuseExisting(out)
  const from = await findModelSource(model, precision)
  const source = await openModelSource(from, precision)
  if (options.float16Io) refuseHalfLoop(from, source.models)
  emit({type: 'start', model: from, files: source.models})
  const files: OptimizedFile[] = []
  const fixed = new Set<string>()
  const made = await transformFolder<OptimizeDone>({
    from,
    to: out,
    source,
    precision,
    format: 'lingulu-optimize',
    options,
    rename: name => name,
    signal,
    transform: async ({name, source: input, target}) => {
      const done = await runTool('onnx-optimize', [input, '--out', target, '--lenient', ...toolArguments(options)], {
        done: OptimizeDone,
        signal,
        onEvent: event => {
          if (event.type === 'progress') emit({type: 'progress', source: name, fraction: event.fraction})
        },
      })
      const {nodesBefore, nodes, notes, comparison, sourceBytes, bytes: targetBytes} = done
      files.push({file: name, nodesBefore, nodes, notes, comparison, sourceBytes, targetBytes})
      for (const one of done.fixed) fixed.add(one)
      for (const message of notes) emit({type: 'note', message: `${name}: ${message}`})
      return done
    },
    finish: async () => {
      const missing = wanted.find(({name}) => !fixed.has(name))
      if (missing === undefined) return []
      throw new LinguluError(
        'OPTION_UNSUPPORTED',
        `${basename(from)} has no input and no dimension ${JSON.stringify(missing.name)}.`,
        {hint: describeShapes(await Promise.all(source.models.map(name => graphOf(join(source.folder, name)))))},
      )
    },
  })
  const {folder, sourceBytes, targetBytes, record} = made
  emit({type: 'done', folder, sourceBytes, targetBytes, files, record})
}

/** What goes into a decode loop, and round in it, is float32 wherever such a model is run. */
function refuseHalfLoop(from: string, models: readonly string[]): void {
  const fused = models.find(name => graphName(name) === 'decoder_fused')
  if (fused === undefined) return
  throw new LinguluError(
    'OPTION_UNSUPPORTED',
    `${from}: ${fused} has the decode loop in its graph, which takes and gives float32.`,
    {hint: 'Export the checkpoint with --layout huggingface for float16 inputs and outputs.'},
  )
}

const graphOf = async (path: string) => (await readModel(path)).proto.graph

function toolArguments({level, foldConstants, fixShape, float16Io}: OptimizeOptions): string[] {
  return [
    `--level=${level}`,
    ...(foldConstants ? [] : ['--no-fold-constants']),
    ...fixShape.map(shape => `--fix-shape=${shape}`),
    ...(float16Io ? ['--float16-io'] : []),
  ]
}
