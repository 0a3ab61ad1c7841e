import {checkLanguages, checkPreparing} from '../check-options.js'
import {toInput} from '../datasets/to-input.js'
import type {Utterance} from '../datasets/utterance.js'
import {type DecodingInput, parseDecodingOptions} from '../models/decoding-options.js'
import type {ModelFolder} from '../models/model-folder.js'
import {openBatchModel} from '../open-batch-model.js'
import {findModelFolder, type OpenModelOptions} from '../open-model.js'
import type {PrepareOptions} from '../runtime/prepared-audio.js'
import {digest} from '../transcripts/digest.js'
import {packageVersion} from '../version.js'
import {machineName} from './environment.js'
import type {EvaluateEvent} from './evaluate-events.js'
import {fromLine, type Hypotheses, partWarnings, providersOf} from './hypotheses.js'
import type {HypothesisIdentity, HypothesisLine, PartLine} from './hypothesis-record.js'
import {type HypothesisStore, openHypothesisStore} from './hypothesis-store.js'
import {type RecognizeJob, type RecognizeRun, recognizeUtterances} from './recognize-utterances.js'
import type {SelectedDataset} from './select-dataset.js'

export interface RecognizeOptions extends OpenModelOptions {
  /** A path, a name of the catalogue or a hub id; the bundled model by default. */
  readonly model?: string | undefined
  readonly prepare?: Partial<PrepareOptions> | undefined
  readonly decoding?: DecodingInput | undefined
  /** Where the hypotheses are kept as they come. */
  readonly hypotheses?: string | undefined
  readonly resume?: boolean | undefined
  readonly force?: boolean | undefined
}

export interface RecognizeContext {
  readonly emit: (event: EvaluateEvent) => void
  readonly abort: AbortController
}

/**
 * Recognises the utterances of a data set, each stored as it comes, and those of an earlier part of the run not again. An
 * utterance that cannot be recognised becomes a `failed` hypothesis.
 *
 * @throws LinguluError before any work, as `transcribe`; as {@link openHypothesisStore}; OUTPUT_FAILED; the signal's reason
 */
export async function recognizeDataset(
  dataset: SelectedDataset,
  options: RecognizeOptions,
  {emit, abort}: RecognizeContext,
): Promise<Hypotheses> {
  const {signal} = abort
  const folder = await findModelFolder(options.model, {
    ...options,
    signal,
    onPull: event => emit({type: 'pull', event}),
  })
  const decoding = parseDecodingOptions(folder, options.decoding ?? {})
  const prepare: PrepareOptions = {channel: 'mix', ...options.prepare}
  checkPreparing(prepare, decoding)
  const jobs = dataset.utterances.map(utterance => ({utterance, item: toInput(utterance)}))
  if (decoding.kind === 'whisper') checkLanguages(jobs.map(({item}) => item))
  const identity: HypothesisIdentity = {
    version: packageVersion(),
    model: {name: folder.name, hash: folder.hash, precision: folder.precision},
    // Drops what is undefined, as the store on disk does.
    options: JSON.parse(JSON.stringify({...decoding.options, prepare})),
    dataset: {
      name: dataset.name,
      hash: dataset.hash,
      recordings: hashRecordings(dataset.utterances),
      subset: dataset.subset,
    },
  }
  const {hypotheses: path, resume = false, force = false} = options
  const store = await openHypothesisStore({path, identity, resume, force})
  try {
    const pending = jobs.filter(({utterance}) => store.found.get(utterance.id)?.status !== 'ok')
    emit({type: 'plan', pending: pending.length, resumed: jobs.length - pending.length, hypotheses: path})
    const run = {decoding, prepare, store, emit, abort}
    const news = pending.length === 0 ? NOTHING : await openAndRecognize(folder, pending, {options, run})
    await store.finish(new Date().toISOString())
    return gather(identity, store, news)
  } finally {
    await store.close()
  }
}

interface NewLines {
  readonly lines: readonly HypothesisLine[]
  readonly part: PartLine | undefined
}
const NOTHING: NewLines = {lines: [], part: undefined}

async function openAndRecognize(
  folder: ModelFolder,
  pending: readonly RecognizeJob[],
  {options, run}: {readonly options: RecognizeOptions; readonly run: RecognizeRun},
): Promise<NewLines> {
  const {store, decoding, emit, abort} = run
  await using model = await openBatchModel(folder, decoding, options, {emit, signal: abort.signal})
  const part: PartLine = {
    type: 'part',
    provider: model.info.provider,
    machine: machineName(),
    startedAt: new Date().toISOString(),
  }
  await store.begin(part)
  return {part, lines: await recognizeUtterances(model, pending, run)}
}

function gather({model, options}: HypothesisIdentity, store: HypothesisStore, {lines, part}: NewLines): Hypotheses {
  const parts = [...store.parts, ...(part ? [part] : [])]
  const texts = new Map([...store.found.values(), ...lines].map(line => [line.id, fromLine(line)] as const))
  return {
    texts,
    wallSeconds: lines.reduce((most, {elapsedSeconds}) => Math.max(most, elapsedSeconds), store.wallSeconds),
    model: {...model, provider: providersOf(parts)},
    options,
    startedAt: parts[0]?.startedAt,
    warnings: partWarnings(parts),
  }
}

/** What a data set says of its recordings besides what is said in them. */
const hashRecordings = (utterances: readonly Utterance[]): string =>
  digest(JSON.stringify(utterances.map(({id, clip, channel, language}) => [id, clip, channel, language])))
