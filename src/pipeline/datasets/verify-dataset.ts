import {LinguluError} from '../errors.js'
import {mapConcurrently} from '../inputs/map-concurrently.js'
import {streamEvents} from '../runtime/event-stream.js'
import {decodeRecording, type RecordingState} from './decode-recording.js'
import type {Dataset, DatasetProblem, Utterance} from './utterance.js'

export interface VerifyOptions {
  /** A reference with more characters per second than this was not spoken in that time. Default: 35. */
  readonly maxCharactersPerSecond?: number | undefined
  /** A reference with fewer characters per second lacks something; from 5 seconds on. Default: 0.5. */
  readonly minCharactersPerSecond?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Verification {
  readonly utterances: number
  readonly recordings: number
  /** Of all recordings that could be decoded. */
  readonly seconds: number
  /** Those of reading the data set, then those of its audio, in the order of the data set. */
  readonly problems: readonly DatasetProblem[]
}

export type VerifyEvent =
  | {readonly type: 'start'; readonly recordings: number}
  /** After every recording. */
  | {readonly type: 'progress'; readonly done: number; readonly recordings: number}
  /** As soon as it is found; those of reading the data set come first. */
  | {readonly type: 'problem'; readonly problem: DatasetProblem}
  | {readonly type: 'done'; readonly verification: Verification}

const DECODED_AT_ONCE = 4
/** A length in a manifest may be rounded, or be that of another encoding of the sound. */
const DURATION_TOLERANCE = {seconds: 0.25, share: 0.02}
/** Shorter recordings say nothing by few characters: a word may stand in a pause. */
const SLOW_FROM_SECONDS = 5

/**
 * Checks a data set by decoding all its audio: whether it can be decoded, whether parts lie within their recording,
 * whether lengths are as told, and whether references could have been spoken in that time.
 * @throws the signal's reason when aborted
 */
export function verifyDataset(dataset: Dataset, options: VerifyOptions = {}): AsyncGenerator<VerifyEvent> {
  const parts = partsOfRecordings(dataset)
  const recordings = parts.size
  return streamEvents<VerifyEvent>(async (emit, {signal}) => {
    for (const problem of dataset.problems) emit({type: 'problem', problem})
    emit({type: 'start', recordings})
    let done = 0
    let seconds = 0
    const found = await mapConcurrently([...parts], DECODED_AT_ONCE, async ([path, utterances]) => {
      signal.throwIfAborted()
      const state = await decodeRecording(path, signal)
      const problems = utterances.flatMap((utterance, index) => [
        ...(index === 0 ? problemsOfRecording(utterance, state) : []),
        ...problemsOfUtterance(utterance, state, options),
      ])
      if (!(state instanceof LinguluError)) seconds += state.seconds
      for (const problem of problems) emit({type: 'problem', problem})
      emit({type: 'progress', done: ++done, recordings})
      return problems
    })
    const problems = [...dataset.problems, ...found.flat()]
    emit({type: 'done', verification: {utterances: dataset.utterances.length, recordings, seconds, problems}})
  }, options.signal)
}

/** What is missing is told already. */
function partsOfRecordings({utterances, problems}: Dataset): Map<string, Utterance[]> {
  const key = (file: string, line: number | undefined) => `${line}\0${file}`
  const missing = new Set(problems.filter(({kind}) => kind === 'missing-audio').map(({file, line}) => key(file, line)))
  const parts = new Map<string, Utterance[]>()
  for (const utterance of utterances) {
    const {audio, place} = utterance
    if (audio === undefined || missing.has(key(place.file, place.line))) continue
    const known = parts.get(audio)
    if (known) known.push(utterance)
    else parts.set(audio, [utterance])
  }
  return parts
}

function problemsOfRecording({place}: Utterance, state: RecordingState): DatasetProblem[] {
  if (state instanceof LinguluError)
    return [{...place, kind: 'unreadable-audio', severity: 'error', message: state.message}]
  return state.warnings.map(message => ({...place, kind: 'damaged-audio', severity: 'warning', message}))
}

function problemsOfUtterance(utterance: Utterance, state: RecordingState, options: VerifyOptions): DatasetProblem[] {
  if (state instanceof LinguluError) return []
  const {clip, durationSeconds, place} = utterance
  const warn = (kind: DatasetProblem['kind'], message: string): DatasetProblem[] => [
    {...place, kind, severity: 'warning', message},
  ]
  const tolerance = Math.max(DURATION_TOLERANCE.seconds, DURATION_TOLERANCE.share * state.seconds)
  const offset = clip?.offsetSeconds ?? 0
  if (offset >= state.seconds) {
    const message = `begins at ${offset} s, but the recording ends after ${state.seconds.toFixed(2)} s`
    return [{...place, kind: 'clip-outside-audio', severity: 'error', message}]
  }
  const rest = state.seconds - offset
  const wanted = clip?.durationSeconds ?? rest
  if (wanted > rest + tolerance)
    return warn('clip-outside-audio', `ends ${(wanted - rest).toFixed(2)} s after the recording`)
  const seconds = Math.min(wanted, rest)
  if (durationSeconds !== undefined && Math.abs(durationSeconds - seconds) > tolerance)
    return warn('wrong-duration', `${durationSeconds} s by the data set, but ${seconds.toFixed(2)} s of sound`)
  const doubt = doubtOfRate(utterance.text, seconds, options)
  return doubt === undefined ? [] : warn('implausible-duration', doubt)
}

function doubtOfRate(
  text: string,
  seconds: number,
  {maxCharactersPerSecond = 35, minCharactersPerSecond = 0.5}: VerifyOptions,
): string | undefined {
  const rate = text.length / seconds
  const found = `${text.length} characters in ${seconds.toFixed(2)} s`
  if (rate > maxCharactersPerSecond)
    return `${found}: nobody speaks that fast; the recording may be cut, or the reference another's`
  if (text !== '' && seconds >= SLOW_FROM_SECONDS && rate < minCharactersPerSecond)
    return `${found}: the reference may lack something, or the recording has much silence`
  return undefined
}
