import {join, resolve} from 'node:path'
import type {AppliedStep} from './augmentation/applied-step.js'
import {
  AUGMENT_MANIFEST,
  type AugmentJournal,
  type CopyRecord,
  openAugmentJournal,
} from './augmentation/dataset/augment-journal.js'
import {inOrder, toUtterances} from './augmentation/dataset/copies-dataset.js'
import {copyNames} from './augmentation/dataset/copy-names.js'
import {type CopyThreads, openCopyThreads} from './augmentation/dataset/copy-threads.js'
import type {DatasetAugmentation} from './augmentation/dataset/dataset-augmentation.js'
import {type CopyJob, type CopySettings, createCopyMaker} from './augmentation/dataset/make-copies.js'
import {loadAugmentation} from './augmentation/open-augmenter.js'
import type {DatasetOptions} from './datasets/dataset-options.js'
import {checkDataset, formatProblem, withoutErrors} from './datasets/dataset-problems.js'
import {openDataset} from './datasets/open-dataset.js'
import type {Dataset, Utterance} from './datasets/utterance.js'
import {writeManifest} from './datasets/write-manifest.js'
import {type ErrorRecord, LinguluError, toErrorRecord} from './errors.js'
import {mapConcurrently} from './inputs/map-concurrently.js'
import {usableCores} from './runtime/cores.js'
import {streamEvents} from './runtime/event-stream.js'
import {removeStaleTemporaries} from './transcripts/atomic-write.js'
import {makeFolder} from './transcripts/make-folder.js'
import {lockOutputs} from './transcripts/output-lock.js'
import {writeBytes} from './transcripts/write-bytes.js'
import {packageVersion} from './version.js'

export interface AugmentDatasetOptions {
  /** A path, or a name of the catalogue. */
  readonly dataset: string
  readonly reading?: DatasetOptions | undefined
  /** The folder of the copies. */
  readonly out: string
  readonly config: DatasetAugmentation
  /** Of each utterance. Default 1. */
  readonly copies?: number | undefined
  /** Default 1. */
  readonly seed?: number | undefined
  /** Default: wav. */
  readonly format?: 'wav' | 'flac' | undefined
  /** Threads. Default: as many as cores, fewer for few utterances. */
  readonly workers?: number | undefined
  /** Go on with a run that was interrupted; nothing to go on with is no error. */
  readonly resume?: boolean | undefined
  /** Replace the copies of an earlier run. */
  readonly force?: boolean | undefined
}

export type AugmentEvent =
  /** `done` copies are there from an earlier run. */
  | {readonly type: 'start'; readonly utterances: number; readonly copies: number; readonly done: number}
  | {readonly type: 'note'; readonly message: string}
  | {readonly type: 'progress'; readonly done: number; readonly copies: number}
  /** An utterance without copies. */
  | {readonly type: 'failed'; readonly id: string; readonly audio: string; readonly error: ErrorRecord}
  | {readonly type: 'done'; readonly result: AugmentedDataset}

export interface AugmentedDataset {
  readonly folder: string
  readonly manifest: string
  /** In the manifest. */
  readonly copies: number
  /** Of them, those that were there already. */
  readonly resumed: number
  /** Utterances and rows of which there are no copies. */
  readonly failed: number
  /** Of sound, in all copies. */
  readonly seconds: number
}

/**
 * Writes changed copies of the recordings of a data set, 16 kHz mono of 16 bits, and a manifest: all columns of the source,
 * `augmented_from` (the id there) and `augmentation` (what was done, as JSON). The same data set, configuration and seed give
 * the same copies, whatever order they are made in. The manifest comes last: without one, a folder is not finished.
 *
 * @throws LinguluError MANIFEST_INVALID if no utterance can be used, OUTPUT_EXISTS, OUTPUT_FAILED, JOURNAL_INVALID, USAGE if
 *   another run writes there, INPUT_MISSING; what `openDataset` throws; the signal's reason
 */
export function augmentDataset(
  options: AugmentDatasetOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<AugmentEvent> {
  return streamEvents<AugmentEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

/** Less is not worth another thread. */
const UTTERANCES_PER_THREAD = 16
/** While some are written, others are made. */
const JOBS_PER_THREAD = 4
const COPIES_AT_ONCE = 8

type Emit = (event: AugmentEvent) => void

async function run(options: AugmentDatasetOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const {config, copies = 1, seed = 1, format = 'wav', resume = false, force = false} = options
  const dataset = await openDataset(options.dataset, {...options.reading, signal})
  const usable = withoutErrors(dataset)
  if (usable.length === 0) checkDataset(dataset, 'Not one utterance can be used: there is nothing to copy.')
  const {sounds, notes} = await loadAugmentation(withoutLossy(config), signal)
  const folder = resolve(options.out)
  const lock = await lockOutputs(folder)
  try {
    const identity = {version: packageVersion(), dataset: dataset.hash, config, copies, seed, format}
    const journal = await openAugmentJournal(folder, JSON.parse(JSON.stringify(identity)), {resume, force})
    try {
      const work = planWork(usable, journal.found, {copies, format})
      emit({type: 'start', utterances: usable.length, copies: copies * usable.length, done: journal.found.length})
      for (const message of notes) emit({type: 'note', message})
      const skipped = tellProblems(dataset, emit)
      if (config.spec_augment !== undefined)
        emit({type: 'note', message: 'spec_augment is for features, in training: the recordings stay without it.'})
      await makeFolder(join(folder, 'audio'))
      await removeStaleTemporaries([folder, join(folder, 'audio')])
      const workers = options.workers ?? Math.min(usableCores(), Math.ceil(work.length / UTTERANCES_PER_THREAD))
      const settings = {config, sounds, seed, format}
      const threads = workers <= 1 ? openCopyMaker(settings) : openCopyThreads(settings, workers)
      const jobsAtOnce = Math.max(1, workers) * JOBS_PER_THREAD
      const total = copies * usable.length
      const made = await makeAll(work, {folder, threads, journal, emit, signal, total, jobsAtOnce})
      const all = inOrder(usable, [...journal.found, ...made.records])
      if (all.length === 0)
        throw new LinguluError('AUDIO_UNREADABLE', `${options.dataset}: not one recording could be copied.`)
      const manifest = join(folder, AUGMENT_MANIFEST)
      await writeManifest(manifest, toUtterances(folder, usable, all), {onExists: 'overwrite', signal})
      const seconds = all.reduce((sum, record) => sum + record.seconds, 0)
      const failed = skipped + made.failed
      emit({
        type: 'done',
        result: {folder, manifest, copies: all.length, resumed: journal.found.length, failed, seconds},
      })
    } finally {
      await journal.close()
    }
  } finally {
    await lock.release()
  }
}

function withoutLossy({lossy_codec: _, ...config}: DatasetAugmentation) {
  return config
}

/** Rows with errors are left out, and said. */
function tellProblems({problems}: Dataset, emit: Emit): number {
  const errors = problems.filter(({severity}) => severity === 'error')
  for (const problem of errors) emit({type: 'note', message: `Left out: ${formatProblem(problem)}`})
  return errors.length
}

interface Work {
  readonly job: CopyJob
  /** Of each copy, from the folder. */
  readonly pathOf: (copy: number) => string
}

/** What is still to be made, utterance by utterance; of many copies of one, a few at a time, which are in memory together. */
function planWork(
  utterances: readonly Utterance[],
  found: readonly CopyRecord[],
  {copies, format}: {readonly copies: number; readonly format: string},
): Work[] {
  const names = copyNames(utterances.map(({id}) => id))
  const done = new Set(found.map(({id, copy}) => `${copy} ${id}`))
  return utterances.flatMap(({id, audio, clip, channel}) => {
    if (audio === undefined) return []
    const missing = Array.from({length: copies}, (_, index) => index + 1).filter(copy => !done.has(`${copy} ${id}`))
    const pathOf = (copy: number) => `audio/${names.get(id)}-aug${copy}.${format}`
    const jobs: Work[] = []
    for (let from = 0; from < missing.length; from += COPIES_AT_ONCE)
      jobs.push({
        job: {utterance: {id, audio, clip, channel}, copies: missing.slice(from, from + COPIES_AT_ONCE)},
        pathOf,
      })
    return jobs
  })
}

/** For one worker, and for little work: starting a thread takes a second. */
const openCopyMaker = (settings: CopySettings): CopyThreads => ({
  make: createCopyMaker(settings),
  close: () => Promise.resolve(),
})

interface Making {
  readonly folder: string
  readonly threads: CopyThreads
  readonly journal: AugmentJournal
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly total: number
  readonly jobsAtOnce: number
}

async function makeAll(
  work: readonly Work[],
  {folder, threads, journal, emit, signal, total, jobsAtOnce}: Making,
): Promise<{readonly records: readonly CopyRecord[]; readonly failed: number}> {
  const records: CopyRecord[] = []
  const failed = new Set<string>()
  let broken = false
  // An answer that will not come any more ends the wait for it.
  const stop = () => void threads.close()
  signal.addEventListener('abort', stop, {once: true})
  try {
    await mapConcurrently(work, jobsAtOnce, async ({job, pathOf}) => {
      signal.throwIfAborted()
      if (broken) return
      const {id, audio} = job.utterance
      try {
        for (const {copy, bytes, seconds, applied} of await threads.make(job)) {
          const record = {id, copy, path: pathOf(copy), seconds, applied: applied.map(toRecord)}
          await writeBytes(join(folder, record.path), bytes)
          await journal.add(record)
          records.push(record)
        }
      } catch (error) {
        signal.throwIfAborted()
        if (broken) return
        broken = !(error instanceof LinguluError) || error.code === 'OUTPUT_FAILED'
        if (broken) throw error
        if (!failed.has(id)) emit({type: 'failed', id, audio, error: toErrorRecord(error)})
        failed.add(id)
      }
      emit({type: 'progress', done: journal.found.length + records.length, copies: total})
    })
    return {records, failed: failed.size}
  } finally {
    signal.removeEventListener('abort', stop)
    await threads.close()
  }
}

const toRecord = (step: AppliedStep): CopyRecord['applied'][number] => ({...step})
