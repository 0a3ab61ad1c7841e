import {forcedAlign} from '../../decoding/ctc/align.js'
import type {FrameWindow} from '../../decoding/ctc/frame-window.js'
import type {TokenSpan} from '../../decoding/ctc/token-span.js'
import type {CtcVocabulary} from '../../decoding/ctc/vocabulary.js'
import {type CtcWord, wordsOf} from '../../decoding/ctc/words.js'
import {LinguluError} from '../../errors.js'
import {compressionRatio} from '../../text/compression-ratio.js'
import type {Segment, Word} from '../../transcripts/transcript.js'
import type {PreparedRecording} from '../recognizer.js'
import type {CtcOptions} from './options.js'
import type {SpeechSegment} from './speech-segments.js'

export interface SegmentContext {
  readonly id: number
  /** Where the decoded chunk begins, in 10 ms. */
  readonly seek: number
  readonly frameSeconds: number
  readonly vocabulary: CtcVocabulary
  /** Log-probabilities by which tokens of a beam are aligned; tokens of the best path are where they are. */
  readonly kept: FrameWindow | undefined
  readonly recording: PreparedRecording
  readonly options: CtcOptions
}

/** What a segment of tokens is in a transcript. */
export function writeSegment(speech: SpeechSegment, context: SegmentContext): Segment {
  const {id, seek, vocabulary, kept, options} = context
  const tokens = kept === undefined ? speech.tokens : aligned(speech, kept, vocabulary)
  const words = wordsOf(tokens, vocabulary).map(word => writeWord(word, context))
  const text = words.map(({word}) => word).join('')
  return {
    id,
    seek,
    start: words[0]?.start ?? 0,
    end: words.at(-1)?.end ?? 0,
    text,
    tokens: tokens.map(({token}) => token),
    temperature: 0,
    averageLogProbability: mean(tokens.map(({logProbability}) => logProbability)),
    compressionRatio: compressionRatio(text),
    noSpeechProbability: 0,
    ...(options.wordTimestamps ? {words} : {}),
  }
}

function writeWord({text, separator, start, end, tokens}: CtcWord, {frameSeconds, recording}: SegmentContext): Word {
  const seconds = (frame: number) => Math.min(frame * frameSeconds, recording.durationSeconds)
  return {
    word: separator + text,
    start: seconds(start),
    end: seconds(end),
    probability: mean(tokens.map(({logProbability}) => Math.exp(logProbability))),
  }
}

/** An alignment takes frames × (2 × tokens + 1) bytes; text without any pause or word may be hours long. */
const LARGEST_ALIGNMENT_BYTES = 1 << 28

/** Exact frames of the tokens of a beam, which knows only about where they are. */
function aligned(
  {tokens, from, to}: SpeechSegment,
  kept: FrameWindow,
  vocabulary: CtcVocabulary,
): readonly TokenSpan[] {
  if ((to - from) * (2 * tokens.length + 1) > LARGEST_ALIGNMENT_BYTES) return tokens
  try {
    const {spans} = forcedAlign({
      logProbabilities: kept.slice(from, to),
      vocabularySize: vocabulary.size,
      blank: vocabulary.blank,
      targets: tokens.map(({token}) => token),
      delimiter: vocabulary.delimiter,
    })
    return spans.map(span => ({...span, start: span.start + from, end: span.end + from}))
  } catch (error) {
    // Words that follow each other without a gap may leave a segment a frame too few.
    if (error instanceof LinguluError && error.code === 'ALIGNMENT_IMPOSSIBLE') return tokens
    throw error
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
