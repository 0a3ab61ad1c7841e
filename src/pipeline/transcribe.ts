import type {RawLayout} from './audio/source.js'
import {checkLanguages, checkPreparing} from './check-options.js'
import {LinguluError} from './errors.js'
import type {TranscribeEvent} from './events.js'
import type {InputItem, ListedInputs} from './inputs/input.js'
import {listInputs} from './inputs/list-inputs.js'
import {mapConcurrently} from './inputs/map-concurrently.js'
import type {OnExists, OutputName, PlannedJob} from './inputs/plan.js'
import {type DecodingInput, type DecodingOptions, parseDecodingOptions} from './models/decoding-options.js'
import {openBatchModel} from './open-batch-model.js'
import {findModelFolder, type Model, type OpenModelOptions} from './open-model.js'
import {streamEvents} from './runtime/event-stream.js'
import type {PrepareOptions} from './runtime/prepared-audio.js'
import {type Run, recordFailure, transcribeInput} from './transcribe-input.js'
import {type OutputRun, type OutputRunOptions, planRun, startOutputRun} from './transcripts/output-run.js'
import type {ResultRecord} from './transcripts/results.js'
import type {SubtitleOptions} from './transcripts/subtitles.js'
import {startSummary} from './transcripts/summarize.js'
import type {OutputFormat} from './transcripts/writers.js'
import {packageVersion} from './version.js'

/** Where results go as files. */
export interface OutputOptions {
  readonly formats: readonly OutputFormat[]
  /** Default: the current folder. */
  readonly outputDir?: string | undefined
  /** Default `stem`. */
  readonly outputName?: OutputName | undefined
  /** Default `error`. */
  readonly onExists?: OnExists | undefined
  /** Go on with the run that was interrupted in `outputDir`. */
  readonly resume?: boolean | undefined
  readonly subtitles?: SubtitleOptions | undefined
  /** `openai`: OpenAI's keys alone. `full`: with model, options and doubts under `lingulu`. */
  readonly jsonLayout?: 'openai' | 'full' | undefined
}

export interface TranscribeOptions extends OpenModelOptions {
  /** Files, folders, globs, manifests, `-` for stdin. */
  readonly inputs: readonly string[]
  readonly manifests?: readonly string[] | undefined
  /** A path, a name of the catalogue or a hub id; the bundled model by default. */
  readonly model?: string | undefined
  /** For the input `-`: saves stdin to a file, when its turn comes. */
  readonly stdin?: ((signal: AbortSignal) => Promise<string>) | undefined
  /** All inputs are headerless PCM. */
  readonly raw?: RawLayout | undefined
  readonly prepare?: Partial<PrepareOptions> | undefined
  readonly decoding?: DecodingInput | undefined
  /** No files are written without. */
  readonly output?: OutputOptions | undefined
  readonly failFast?: boolean | undefined
  /** Ends after the `plan` event; nothing is opened or written. */
  readonly dryRun?: boolean | undefined
}

/**
 * Transcribes recordings, many at a time, and writes their transcripts. An input that fails becomes a `failed` record;
 * the others go on. Leaving the loop early, or aborting, ends the workers; what was written stays, and `resume` goes on.
 *
 * @throws LinguluError before any work: USAGE, CONFIG_INVALID, OPTION_UNSUPPORTED, MANIFEST_INVALID, OUTPUT_COLLISION,
 * OUTPUT_EXISTS, JOURNAL_INVALID, MODEL_…, PROVIDER_UNAVAILABLE; later only the signal's reason.
 */
export async function* transcribe(
  options: TranscribeOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<TranscribeEvent> {
  yield* streamEvents<TranscribeEvent>((emit, abort) => work(options, emit, abort), signal)
}

async function work(options: TranscribeOptions, emit: Run['emit'], abort: AbortController): Promise<void> {
  const {signal} = abort
  const listed = await listInputs(options.inputs, {manifests: options.manifests, signal})
  const folder = await findModelFolder(options.model, {
    ...options,
    signal,
    onPull: event => emit({type: 'pull', event}),
  })
  const decoding = parseDecodingOptions(folder, options.decoding ?? {})
  const prepare: PrepareOptions = {channel: 'mix', ...options.prepare}
  checkPreparing(prepare, decoding)
  if (decoding.kind === 'whisper') checkLanguages(listed.items)
  const identity = {
    version: packageVersion(),
    model: {name: folder.name, hash: folder.hash, precision: folder.precision},
    options: recordedOptions(options, decoding, prepare),
  }
  const planning = outputPlanning(options, identity, prepare, listed.manifests)
  if (options.dryRun) {
    const plan = planning && (await planRun(listed.items, planning))
    emit(planEvent(listed, plan?.jobs ?? unwritten(listed.items), plan?.outputDir))
    return
  }
  const outputs = planning && (await startOutputRun(listed.items, planning).catch(refuse))
  try {
    const jobs = outputs?.plan.jobs ?? unwritten(listed.items)
    emit(planEvent(listed, jobs, outputs?.plan.outputDir))
    await workThrough({options, folder, decoding, prepare, identity, outputs, emit, abort}, listed, jobs)
  } finally {
    await outputs?.close()
  }
}

/** A folder that cannot be written to is not the fault of an input, and nothing has been done yet. */
function refuse(error: unknown): never {
  if (!(error instanceof LinguluError) || error.code !== 'OUTPUT_FAILED') throw error
  throw new LinguluError('USAGE', error.message, {cause: error, hint: error.hint})
}

const planEvent = (
  {items, failures, skipped: {notAudio, duplicates}}: ListedInputs,
  jobs: readonly PlannedJob[],
  outputDir: string | undefined,
): TranscribeEvent => ({
  type: 'plan',
  outputDir,
  jobs,
  total: items.length + failures.length,
  pending: jobs.filter(({action}) => action === 'transcribe').length,
  failures,
  notAudio,
  duplicates,
})

async function workThrough(run: Run, {failures}: ListedInputs, jobs: readonly PlannedJob[]): Promise<void> {
  const {emit, identity, outputs} = run
  const started = performance.now()
  const summary = startSummary(failures.length + jobs.length)
  const report: Report = (index, name, records) => {
    summary.add(records)
    emit({type: 'result', index, name, records})
  }
  for (const [index, {name, id, error}] of failures.entries()) report(index, name, [recordFailure({name, id}, error)])
  const numbered = jobs.map((job, index) => ({job, index: failures.length + index}))
  for (const {job, index} of numbered)
    if (job.action !== 'transcribe') report(index, job.item.name, await settledRecords(job, outputs))
  const pending = numbered.filter(({job}) => job.action === 'transcribe')
  const stopped = run.options.failFast === true && failures.length > 0
  const info = stopped ? undefined : await transcribeAll(run, pending, report)
  const wallSeconds = (performance.now() - started) / 1000
  const model = info && {name: info.name, hash: info.hash, precision: info.precision, provider: info.provider}
  const {version, options} = identity
  emit({type: 'done', summary: summary.finish({version, model, options, wallSeconds})})
}

type Report = (index: number, name: string, records: readonly ResultRecord[]) => void

/** Without files to write nothing is planned: every input is transcribed. */
const unwritten = (items: readonly InputItem[]): PlannedJob[] =>
  items.map(item => ({
    item,
    key: item.relativePath,
    stem: item.relativePath,
    formats: [],
    outputs: [],
    action: 'transcribe',
  }))

function outputPlanning(
  {output}: TranscribeOptions,
  identity: OutputRunOptions['identity'],
  prepare: PrepareOptions,
  manifests: readonly string[],
): OutputRunOptions | undefined {
  if (output === undefined || output.formats.length === 0) return undefined
  const {formats, outputDir = '.', outputName = 'stem', onExists = 'error', resume = false} = output
  const splitChannels = prepare.channel === 'split'
  return {outputDir, formats, onExists, outputName, splitChannels, protectedPaths: manifests, resume, identity}
}

/** Everything that changes what is written, and nothing else. */
function recordedOptions(
  {raw, output}: TranscribeOptions,
  decoding: DecodingOptions,
  prepare: PrepareOptions,
): OutputRunOptions['identity']['options'] {
  const recorded = {
    ...decoding.options,
    prepare,
    raw,
    subtitles: output?.subtitles,
    jsonLayout: output?.jsonLayout,
  }
  // Drops what is undefined, as the journal on disk does.
  return JSON.parse(JSON.stringify(recorded))
}

/** Of an input that is not transcribed: its outputs are there. */
async function settledRecords(job: PlannedJob, outputs: OutputRun | undefined): Promise<readonly ResultRecord[]> {
  if (job.action === 'done') return (await outputs?.results(job)) ?? []
  const {item} = job
  return [{type: 'result', status: 'skipped', audio: item.name, id: item.id, outputs: [...job.outputs]}]
}

async function transcribeAll(
  run: Run,
  jobs: readonly {readonly job: PlannedJob; readonly index: number}[],
  report: Report,
): Promise<Model['info'] | undefined> {
  if (jobs.length === 0) return undefined
  const {options, folder, decoding, emit, abort} = run
  await using model = await openBatchModel(folder, decoding, options, {emit, signal: abort.signal})
  let failed = false
  await mapConcurrently(jobs, model.capacity, async ({job, index}) => {
    if (abort.signal.aborted || (failed && options.failFast)) return
    try {
      const records = await transcribeInput(run, model, job)
      failed ||= records.some(({status}) => status === 'failed')
      report(index, job.item.name, records)
    } catch (error) {
      // Ends the others, and is thrown when all have ended: nothing is written any more when the folder is unlocked.
      abort.abort(error)
    }
  })
  abort.signal.throwIfAborted()
  return model.info
}
