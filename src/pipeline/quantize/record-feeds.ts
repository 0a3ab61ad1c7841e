import {mkdir} from 'node:fs/promises'
import {drawSubset} from '../datasets/draw-subset.js'
import {toInput} from '../datasets/to-input.js'
import type {Utterance} from '../datasets/utterance.js'
import {fromErrorRecord, LinguluError} from '../errors.js'
import {type DecodingInput, type DecodingOptions, parseDecodingOptions} from '../models/decoding-options.js'
import type {ModelFolder} from '../models/model-folder.js'
import {decodingOf, prepareOf} from '../recognize-input.js'
import {startAskedProcess} from '../runtime/asked-process.js'
import {usableCores} from '../runtime/cores.js'
import {createSpoolDirectory, deleteSpoolDirectory} from '../runtime/spool-directory.js'
import {siblingEntry} from '../runtime/start-entry.js'
import type {RecordedGraph} from './feed-recorder.js'
import type {RecordAnswer, RecordProgress, RecordQuestion} from './record-child.js'

export interface RecordFeedsOptions {
  /** Where the files go: `<graph>.safetensors` of each ONNX file. It is made. */
  readonly folder: string
  /** Recordings to transcribe, drawn as `--subset` draws them. Default 32. */
  readonly samples?: number | undefined
  /** Runs of one graph that are kept of one recording. Default 8. */
  readonly feedsPerRecording?: number | undefined
  /** Of one graph's file. Default 1 GiB. */
  readonly bytesPerGraph?: number | undefined
  /** Default: greedy, one temperature. */
  readonly decoding?: DecodingInput | undefined
  /** Default: the cores of this machine. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: {readonly done: number; readonly total: number}) => void) | undefined
}

/** What the graphs of a model were fed while it transcribed. */
export interface RecordedFeeds {
  /** Graphs that never ran are not among them. */
  readonly graphs: readonly RecordedGraph[]
  /** Recordings that were transcribed. */
  readonly recordings: number
  /** Recordings that could not be, in a sentence each. */
  readonly warnings: readonly string[]
}

const DEFAULTS = {samples: 32, feedsPerRecording: 8, bytesPerGraph: 1024 ** 3} as const
const AUDIO = {threads: 1, stallSeconds: 60, memoryLimitBytes: 1024 ** 3} as const

/**
 * Transcribes recordings on the CPU, in a process of its own, and keeps what each ONNX session of the model was fed: of
 * every recording a graph's runs 0, 1, 2, 4, 8 … within the limits. `samples` recordings are drawn of `utterances`; those that
 * fail are told of and left out.
 *
 * @throws LinguluError the first recording's error if none could be transcribed; MODEL_INVALID, WORKER_CRASHED,
 *   OUTPUT_FAILED, INPUT_MISSING; the signal's reason
 */
export async function recordFeeds(
  model: ModelFolder,
  utterances: readonly Utterance[],
  options: RecordFeedsOptions,
): Promise<RecordedFeeds> {
  const {folder, samples = DEFAULTS.samples, threads = usableCores(), signal, onProgress} = options
  const decoding = parseDecodingOptions(model, options.decoding ?? greedy(model))
  const jobs = drawSubset(utterances, samples).map(utterance => toJob(utterance, decoding))
  if (jobs.length === 0) throw new LinguluError('MANIFEST_INVALID', 'There are no recordings to calibrate with.')
  await mkdir(folder, {recursive: true})
  await using child = startAskedProcess<RecordQuestion, RecordAnswer, RecordProgress>(
    siblingEntry('./record-child', import.meta.url),
    {who: 'The process that records what the model is fed', signal},
  )
  const spoolDirectory = createSpoolDirectory()
  try {
    const question: RecordQuestion = {
      settings: {
        factory: '',
        folder: model,
        session: {provider: 'cpu', threads},
        slots: 1,
        audioThreads: AUDIO.threads,
        audioStallSeconds: AUDIO.stallSeconds,
        memoryLimitBytes: AUDIO.memoryLimitBytes,
      },
      spoolDirectory,
      jobs,
      recorder: {
        folder,
        recordings: jobs.length,
        bytesPerGraph: options.bytesPerGraph ?? DEFAULTS.bytesPerGraph,
        feedsPerRecording: options.feedsPerRecording ?? DEFAULTS.feedsPerRecording,
      },
    }
    const {graphs, failures} = await child.ask(question, done => onProgress?.({done, total: jobs.length}))
    const [first] = failures
    if (first !== undefined && failures.length === jobs.length) throw fromErrorRecord(first.error)
    const warnings = failures.map(({name, error}) => `${name}: ${error.message}`)
    return {graphs, recordings: jobs.length - failures.length, warnings}
  } finally {
    deleteSpoolDirectory(spoolDirectory)
  }
}

/** One pass over each window, with rows as they come in most runs. */
const greedy = ({kind}: ModelFolder): DecodingInput => (kind === 'whisper' ? {temperatures: [0], beamSize: null} : {})

function toJob(utterance: Utterance, decoding: DecodingOptions): RecordQuestion['jobs'][number] {
  const item = toInput(utterance)
  const input = {
    audio: {type: 'file', path: item.path} as const,
    prepare: prepareOf({channel: 'mix'}, item),
    options: decodingOf(decoding, item),
  }
  return {name: item.name, input}
}
