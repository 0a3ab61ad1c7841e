import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {createEndpointer, type Endpointer} from '../audio/vad/endpointer.js'
import type {EndpointOptions} from '../audio/vad/options.js'
import type {VoiceDetector} from '../audio/vad/voice-detector.js'
import type {Segment} from '../transcripts/transcript.js'
import {createAgreement, wordsOf} from './agreement.js'
import {orAborted} from './or-aborted.js'
import {type Utterance, UtteranceInbox} from './utterance-inbox.js'

/** What a recogniser says about an utterance; times in seconds from the utterance's first sample. */
export type LiveSegment = Pick<Segment, 'start' | 'end' | 'text' | 'words'>

export type LiveEvent =
  /** The utterance under way, as far as it had been heard at `atSeconds`. `firm` only grows; both are empty if it was nothing. */
  | {readonly type: 'partial'; readonly firm: string; readonly tentative: string; readonly atSeconds: number}
  /** A segment that will not change, in place of what partial results said. Seconds from the start of the stream. */
  | ({readonly type: 'final'} & LiveSegment)
  /** Recognition is slower than speech: that much of it waits. Told at 10 s, and whenever it has doubled. */
  | {readonly type: 'behind'; readonly seconds: number}

export interface LiveOptions {
  readonly detector: VoiceDetector
  readonly endpoints: EndpointOptions
  readonly signal?: AbortSignal | undefined
}

/**
 * Transcribes a stream as it comes. Only one `recognize` runs at a time; where it cannot keep up, provisional results
 * are left out, final ones never. The stream is read on meanwhile, until ten minutes of speech wait.
 *
 * In audio time, an utterance is handed over `endSilenceSeconds` after its end, or `maxUtteranceSeconds` after its
 * beginning if it does not end before. The text follows as soon as recognition has done it.
 *
 * @param samples 16 kHz mono, in pieces of any size
 * @throws what `samples` or `recognize` throw (what was heard of a stream that broke is transcribed first); the signal's
 * reason
 */
export async function* liveTranscribe(
  samples: AsyncIterable<Float32Array>,
  recognize: (samples: Float32Array) => Promise<readonly LiveSegment[]>,
  {detector, endpoints, signal}: LiveOptions,
): AsyncGenerator<LiveEvent> {
  const ending = new AbortController()
  const stop = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal])
  const inbox = new UtteranceInbox()
  const render = createRenderer()
  const lag = createLagWatch()
  const listening = listen(samples, createEndpointer(detector, endpoints), inbox, stop)
  try {
    for (;;) {
      const utterance = await orAborted(inbox.take(), stop)
      if (utterance === undefined) return
      yield* lag(inbox.waitingSeconds)
      yield* render(utterance, await orAborted(recognize(utterance.samples), stop))
    }
  } finally {
    ending.abort()
    await listening
  }
}

/** Reads the stream to its end, whatever recognition does. Never throws: a failure waits in the inbox for its turn. */
async function listen(
  samples: AsyncIterable<Float32Array>,
  endpointer: Endpointer,
  inbox: UtteranceInbox,
  stop: AbortSignal,
): Promise<void> {
  const source = samples[Symbol.asyncIterator]()
  let end: {readonly failure?: unknown} = {}
  try {
    for (;;) {
      const next = await orAborted(source.next(), stop)
      if (next.done === true) break
      inbox.put(await endpointer.push(next.value))
      await orAborted(inbox.room(), stop)
    }
  } catch (failure) {
    if (stop.aborted) {
      // Not waited for: a generator between two samples cannot end before the next one comes.
      source.return?.().catch(() => {})
      return
    }
    end = {failure}
  }
  try {
    inbox.put(await endpointer.finish())
  } catch (failure) {
    end = 'failure' in end ? end : {failure}
  }
  inbox.end(end)
}

/** Turns what was recognised into events, and remembers what has become firm. */
function createRenderer(): (utterance: Utterance, segments: readonly LiveSegment[]) => LiveEvent[] {
  let follow = createAgreement()
  let shown = false
  return ({final, startSeconds, samples}, segments) => {
    const endSeconds = startSeconds + samples.length / SAMPLE_RATE_HZ
    const atSeconds = Math.round(endSeconds * 1000) / 1000
    const said = segments.filter(({text}) => text.trim() !== '')
    if (!final) {
      shown = true
      const words = said.flatMap(({text}) => wordsOf(text))
      return [{type: 'partial', ...follow(words), atSeconds}]
    }
    const erase = shown && said.length === 0
    follow = createAgreement()
    shown = false
    if (erase) return [{type: 'partial', firm: '', tentative: '', atSeconds}]
    return said.map(segment => ({type: 'final', ...shifted(segment, startSeconds, endSeconds)}))
  }
}

/** Times of the stream; none after the utterance's end. */
function shifted({start, end, text, words}: LiveSegment, startSeconds: number, endSeconds: number): LiveSegment {
  const shift = (seconds: number): number => Math.min(endSeconds, Math.round((startSeconds + seconds) * 1000) / 1000)
  const moved = {start: shift(start), end: shift(end), text}
  if (words === undefined) return moved
  return {...moved, words: words.map(word => ({...word, start: shift(word.start), end: shift(word.end)}))}
}

const BEHIND_SECONDS = 10

function createLagWatch(): (waitingSeconds: number) => LiveEvent[] {
  let limit = BEHIND_SECONDS
  return waitingSeconds => {
    if (waitingSeconds === 0) limit = BEHIND_SECONDS
    if (waitingSeconds < limit) return []
    limit = 2 * waitingSeconds
    return [{type: 'behind', seconds: waitingSeconds}]
  }
}
