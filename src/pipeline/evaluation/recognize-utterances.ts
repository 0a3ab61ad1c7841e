import type {Utterance} from '../datasets/utterance.js'
import {EXIT, exitCodeOf} from '../exit-codes.js'
import type {InputItem} from '../inputs/input.js'
import {mapConcurrently} from '../inputs/map-concurrently.js'
import type {DecodingOptions} from '../models/decoding-options.js'
import type {Model} from '../open-model.js'
import {decodingOf, prepareOf, recognizeInput} from '../recognize-input.js'
import type {PrepareOptions} from '../runtime/prepared-audio.js'
import {failedRecord} from '../transcripts/summarize.js'
import type {EvaluateEvent} from './evaluate-events.js'
import type {HypothesisLine} from './hypothesis-record.js'
import type {HypothesisStore} from './hypothesis-store.js'

export interface RecognizeJob {
  readonly utterance: Utterance
  readonly item: InputItem
}

/** What all utterances of a run share. */
export interface RecognizeRun {
  readonly decoding: DecodingOptions
  readonly prepare: PrepareOptions
  readonly store: HypothesisStore
  readonly emit: (event: EvaluateEvent) => void
  readonly abort: AbortController
}

/**
 * Recognises utterances, many at a time, and stores each as it comes.
 *
 * @throws what concerns all of them; LinguluError OUTPUT_FAILED; the signal's reason
 */
export async function recognizeUtterances(
  model: Model,
  jobs: readonly RecognizeJob[],
  run: RecognizeRun,
): Promise<HypothesisLine[]> {
  const {store, emit, abort} = run
  const started = performance.now()
  const elapsedSeconds = () => store.wallSeconds + (performance.now() - started) / 1000
  const found: HypothesisLine[] = []
  await mapConcurrently(longestFirst(jobs), model.capacity, async job => {
    if (abort.signal.aborted) return
    const name = job.utterance.id
    try {
      emit({type: 'start', name})
      const outcome = await recognizeUtterance(model, job, run)
      const hypothesis: HypothesisLine = {...outcome, elapsedSeconds: elapsedSeconds()}
      await store.add(hypothesis)
      found.push(hypothesis)
      emit({type: 'utterance', name, hypothesis})
    } catch (error) {
      // Ends the others, and is thrown when all have ended: nothing is written any more when the store is let go.
      abort.abort(error)
    }
  })
  abort.signal.throwIfAborted()
  return found
}

/** Recordings of like length share a batch, and no long one is left alone at the end. */
const longestFirst = (jobs: readonly RecognizeJob[]): RecognizeJob[] =>
  [...jobs].sort((a, b) => (b.utterance.durationSeconds ?? 0) - (a.utterance.durationSeconds ?? 0))

type Outcome = HypothesisLine extends infer Line ? (Line extends unknown ? Omit<Line, 'elapsedSeconds'> : never) : never

/** What is wrong with the recording becomes its hypothesis. */
async function recognizeUtterance(
  model: Model,
  {utterance, item}: RecognizeJob,
  {decoding, prepare, emit, abort}: RecognizeRun,
): Promise<Outcome> {
  const {id} = utterance
  const line = {type: 'hypothesis', id} as const
  const {signal} = abort
  try {
    const {transcripts, latencySeconds, warnings} = await recognizeInput(
      model,
      {name: id, path: item.path, decoding: decodingOf(decoding, item), prepare: prepareOf(prepare, item)},
      {emit, signal},
    )
    const [first] = transcripts
    if (first === undefined || transcripts.length > 1)
      throw new Error(`An utterance is heard in one channel, not in ${transcripts.length}.`)
    const {text, language, durationSeconds} = first
    return {
      ...line,
      status: 'ok',
      text: text.trim(),
      ...(language !== undefined && {language}),
      durationSeconds,
      wallSeconds: latencySeconds,
      ...(warnings.length > 0 && {warnings}),
    }
  } catch (error) {
    signal.throwIfAborted()
    const exitCode = exitCodeOf(error)
    if (exitCode === EXIT.usage || exitCode === EXIT.unavailable) throw error
    const {error: record} = failedRecord(id, error)
    return {...line, status: 'failed', error: {...record, message: record.message.replaceAll(item.path, item.name)}}
  }
}
