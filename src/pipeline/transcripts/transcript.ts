/** One word with its place in the recording. Times are seconds from the start of the recording. */
export interface Word {
  /** As the tokenizer gives it: usually with a leading space. */
  readonly word: string
  readonly start: number
  readonly end: number
  /** Mean probability of its tokens, 0 to 1. */
  readonly probability: number
}

/** A stretch of speech that the model gave times to. Field meanings are those of OpenAI's Whisper. */
export interface Segment {
  readonly id: number
  /** Start of the decoded window in feature frames (10 ms). */
  readonly seek: number
  /** Seconds from the start of the recording. */
  readonly start: number
  readonly end: number
  readonly text: string
  readonly tokens: readonly number[]
  readonly temperature: number
  /** Sum of token log-probabilities / (tokens + 1), natural logarithm. */
  readonly averageLogProbability: number
  /** UTF-8 bytes of the window's text / its zlib-compressed bytes. */
  readonly compressionRatio: number
  readonly noSpeechProbability: number
  readonly words?: readonly Word[]
}

/** A doubt about a segment. The text stays; the reader is told. */
export interface Suspect {
  readonly kind: 'loop' | 'silence' | 'low-confidence' | 'timestamps-clamped' | 'timestamps-past-end'
  /** `id` of the segment. */
  readonly segment: number
  readonly detail: string
}

/** What was said in one channel of one recording. */
export interface Transcript {
  readonly text: string
  /** Language code such as `en`; undefined where the model does not know languages (CTC). */
  readonly language?: string | undefined
  /** Probability of the detected language, where it was detected. */
  readonly languageProbability?: number | undefined
  readonly durationSeconds: number
  readonly segments: readonly Segment[]
  readonly suspects: readonly Suspect[]
  /** `left` | `right` | `0`, `1`, … where channels were split. */
  readonly channel?: string | undefined
}
