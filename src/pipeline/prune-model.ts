import {basename, join} from 'node:path'
import {LinguluError} from './errors.js'
import {type SelectOptions, selectDataset} from './evaluation/select-dataset.js'
import type {PrecisionChoice} from './models/model-folder.js'
import {findModelSource, type ModelSource, openModelSource} from './models/model-source.js'
import {readModelFolder} from './models/read-model-folder.js'
import {type FileReport, formatSparsity} from './prune/format-sparsity.js'
import {PruneDone} from './prune/prune-tool.js'
import {type PruningOptions, toPruning} from './prune/pruning-options.js'
import {toolArguments} from './prune/tool-arguments.js'
import {graphName} from './quantize/graph-files.js'
import {recordFeeds} from './quantize/record-feeds.js'
import {streamEvents} from './runtime/event-stream.js'
import type {FolderRecord} from './tools/folder-record.js'
import {runTool} from './tools/run-tool.js'
import {transformFolder} from './tools/transform-folder.js'
import {writeAtomically} from './transcripts/atomic-write.js'
import {withScratchFolder} from './transcripts/draft-folder.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

export interface PruneModelOptions {
  /** A model folder, an ONNX file, or a name of the catalogue or the hub that was fetched. */
  readonly model: string
  /** The folder to be made, which must not be there. */
  readonly out: string
  readonly pruning: PruningOptions
  /** Which of the folder’s ONNX files. Default `auto`: fp32. */
  readonly precision?: PrecisionChoice | undefined
  /** Recordings to measure activations with. */
  readonly data?: PruneData | undefined
  readonly threads?: number | undefined
}

export interface PruneData {
  /** A manifest, or the name of a data set. */
  readonly dataset: string
  readonly reading?: Omit<SelectOptions, 'signal'> | undefined
  /** How many recordings. Default 32. */
  readonly samples?: number | undefined
}

export type PruneEvent =
  | {readonly type: 'start'; readonly model: string; readonly files: readonly string[]}
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  /** Recordings that were transcribed, to see what the model is given. */
  | {readonly type: 'record'; readonly done: number; readonly total: number}
  | {readonly type: 'progress'; readonly source: string; readonly fraction: number}
  | {
      readonly type: 'done'
      readonly folder: string
      readonly sourceBytes: number
      readonly targetBytes: number
      readonly files: readonly FileReport[]
      readonly record: FolderRecord
    }

/**
 * Makes a pruned copy of a model: its ONNX files with weights that are zero or gone, its other files as they are,
 * `sparsity.md` and `sparsity.json`, and `lingulu.json`, which says what was done. Each file is made by `onnx-prune` in a
 * process of its own, and loaded before the folder gets its name; until then nothing is there.
 *
 * @throws LinguluError USAGE, OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_MISSING, MODEL_INVALID, WORKER_CRASHED; OPTION_UNSUPPORTED
 *   if there is nothing to prune; what reading the data throws; the signal's reason
 */
export function pruneModel(
  options: PruneModelOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<PruneEvent> {
  return streamEvents<PruneEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

type Emit = (event: PruneEvent) => void

async function run(options: PruneModelOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const {model, out, pruning, precision = 'auto'} = options
  const byActivation = pruning.by === 'activation'
  toPruning(pruning)
  if (byActivation && options.data === undefined)
    throw new LinguluError('USAGE', '--by activation needs --data: recordings like those that the model will hear.')
  if (!byActivation && options.data !== undefined)
    throw new LinguluError('USAGE', '--data goes with --method structured --by activation only.')
  await refuseExisting(out)
  const from = await findModelSource(model, precision)
  const source = await openModelSource(from, precision)
  const inTwoFiles = source.models.some(isWithPast)
  if (inTwoFiles && byActivation)
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `${from} has its decoder in two files, which would lose different parts.`,
      {
        hint: 'Prune by l1, or take a merged decoder.',
      },
    )
  emit({type: 'start', model: from, files: source.models})
  const work: Work = {options, from, source, inTwoFiles, emit, signal}
  if (!byActivation) await makeFolder(work, new Map())
  else await withScratchFolder(out, async scratch => makeFolder(work, await record(work, scratch)))
}

interface Work {
  readonly options: PruneModelOptions
  readonly from: string
  readonly source: ModelSource
  readonly inTwoFiles: boolean
  readonly emit: Emit
  readonly signal: AbortSignal
}

const isWithPast = (name: string): boolean => graphName(name) === 'decoder_with_past_model'

/** What each graph is given while the model transcribes, in files by the graph's name. */
async function record(work: Work, scratch: string): Promise<ReadonlyMap<string, string>> {
  const {from, emit, signal, options} = work
  const {data, precision = 'auto', threads} = options
  if (data === undefined) return new Map()
  const model = await readModelFolder(from, {precision})
  const {utterances, warnings} = await selectDataset(data.dataset, {...data.reading, signal})
  for (const message of warnings) emit({type: 'note', message})
  const {graphs, warnings: failed} = await recordFeeds(model, utterances, {
    folder: join(scratch, 'feeds'),
    samples: data.samples,
    threads,
    signal,
    onProgress: ({done, total}) => emit({type: 'record', done, total}),
  })
  for (const message of failed) emit({type: 'note', message})
  return new Map(graphs.map(({graph, path}) => [graph, path]))
}

async function makeFolder(work: Work, feeds: ReadonlyMap<string, string>): Promise<void> {
  const {options, from, source, inTwoFiles, emit, signal} = work
  const {out, pruning, precision = 'auto'} = options
  const files: FileReport[] = []
  const unmatched: PruneDone['unmatched'][] = []
  // Filled as files are made; written when all are there.
  const removed: Record<string, FileReport['removed']> = {}
  const made = await transformFolder<PruneDone>({
    from,
    to: out,
    source,
    precision,
    format: 'lingulu-prune',
    options: {...pruning, ...(pruning.method === 'structured' ? {removed} : {})},
    rename: name => name,
    signal,
    transform: async ({name, source: input, target}) => {
      const ownPruning = inTwoFiles && /decoder/.test(name) ? withoutHeads(pruning) : pruning
      const given = feeds.get(graphName(name))
      if (pruning.by === 'activation' && given === undefined)
        throw new LinguluError(
          'OPTION_UNSUPPORTED',
          `No recording ran ${name}: there are no activations to prune it by.`,
        )
      const args = [input, '--out', target, '--lenient', ...toolArguments(ownPruning)]
      const done = await runTool('onnx-prune', given === undefined ? args : [...args, '--feeds', given], {
        done: PruneDone,
        signal,
        onEvent: event => {
          if (event.type === 'progress') emit({type: 'progress', source: name, fraction: event.fraction})
        },
      })
      files.push({file: name, ...done.report})
      unmatched.push(done.unmatched)
      removed[name] = done.report.removed
      return done
    },
    finish: async draft => {
      refuseUnmatched(unmatched)
      requireEffect(from, pruning, files)
      return await writeReports(draft, basename(from), files, signal)
    },
  })
  for (const message of notesOn(work, files)) emit({type: 'note', message})
  const {folder, sourceBytes, targetBytes} = made
  emit({type: 'done', folder, sourceBytes, targetBytes, files, record: made.record})
}

/** Keys and values go from one file of the decoder to the other: both would have to lose the same heads. */
function withoutHeads(pruning: PruningOptions): PruningOptions {
  if (pruning.method !== 'structured') return pruning
  const isFfn = pruning.targets?.includes('ffn') ?? true
  return isFfn ? {...pruning, targets: ['ffn']} : {...pruning, exclude: [...(pruning.exclude ?? []), '*']}
}

/** A name may be of one file only; in none it is a mistake. */
function refuseUnmatched([first = [], ...others]: readonly PruneDone['unmatched'][]): void {
  const problem = first.find(({key}) => others.every(names => names.some(one => one.key === key)))
  if (problem !== undefined) throw new LinguluError('OPTION_UNSUPPORTED', problem.message, {hint: problem.hint})
}

const isChanged = ({method}: PruningOptions, file: FileReport): boolean =>
  method === 'structured' ? file.removed.length > 0 : file.layers.some(({zeros, zerosBefore}) => zeros > zerosBefore)

function requireEffect(from: string, pruning: PruningOptions, files: readonly FileReport[]): void {
  if (files.some(file => isChanged(pruning, file))) return
  throw new LinguluError('OPTION_UNSUPPORTED', `There is nothing to prune in the chosen part of ${from}.`, {
    hint: 'Give a float model that is not quantized, a larger --amount, or other nodes.',
  })
}

async function writeReports(
  draft: string,
  model: string,
  files: readonly FileReport[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const reports = [
    {path: 'sparsity.md', content: formatSparsity(model, files)},
    {path: 'sparsity.json', content: `${JSON.stringify({version: 1, model, files}, undefined, 2)}\n`},
  ]
  await writeAtomically(
    reports.map(({path, content}) => ({path: join(draft, path), content})),
    signal,
  )
  return reports.map(({path}) => path)
}

function* notesOn({inTwoFiles, options, source}: Work, files: readonly FileReport[]): Generator<string> {
  const {pruning} = options
  for (const one of files)
    if (!isChanged(pruning, one)) yield `${one.file} stays as it was: nothing in it can be pruned this way.`
  if (pruning.method !== 'structured') {
    yield 'The files keep their size: zeros save time only in kernels for sparse weights.'
    return
  }
  if (inTwoFiles && (pruning.targets ?? ['heads']).includes('heads'))
    yield 'The decoder is in two files, which share keys and values: its heads stay.'
  if (source.companions.includes('config.json'))
    yield 'config.json tells the sizes from before: it has one number for all layers. sparsity.json and lingulu.json tell those of each layer.'
  if (files.some(({file, removed}) => /decoder/.test(file) && removed.some(({kind}) => kind === 'heads')))
    yield 'The decoder’s cache has fewer heads than config.json says: programs that take the number from there cannot run it.'
}
