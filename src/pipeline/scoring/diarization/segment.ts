import type {Interval} from './turn.js'

/** What one speaker says at one time: an utterance, or a word of a CTM. */
export interface Segment {
  readonly session: string
  readonly speaker: string
  readonly text: string
  /** `undefined` where the file gives no times: then the order of the file stands. */
  readonly time: Interval | undefined
}

/** A transcript with speakers, as STM, CTM and SegLST have it. */
export interface SpeakerTranscript {
  readonly segments: readonly Segment[]
  /** Times of each session that the file says are not to be scored. */
  readonly ignored: ReadonlyMap<string, readonly Interval[]>
  /** Each segment is one word: a normalizer is given the words of a speaker together. */
  readonly wordByWord: boolean
}
