import type {Word} from '../../transcripts/transcript.js'

/** Feature frames per second, and per encoder position. */
export const FRAMES_PER_SECOND = 100
const FRAMES_PER_TIMESTAMP = 2
const SECONDS_PER_TIMESTAMP = 0.02
const HOP_SAMPLES = 160
const SAMPLE_RATE_HZ = 16_000

/** A segment while its window is being worked on. Times are seconds from the start of the recording. */
export interface DraftSegment {
  start: number
  end: number
  text: string
  tokens: readonly number[]
  words: MutableWord[]
}

export type MutableWord = {-readonly [Key in keyof Word]: Word[Key]}

export interface WindowSlices {
  readonly slices: readonly {readonly start: number; readonly end: number; readonly tokens: readonly number[]}[]
  /** Frames to move on by. */
  readonly advanceFrames: number
  /** The text ends with one timestamp alone: nothing is said after it. */
  readonly singleTimestampEnding: boolean
}

/** Seconds at a feature frame. */
export function frameSeconds(frame: number): number {
  return (frame * HOP_SAMPLES) / SAMPLE_RATE_HZ
}

/**
 * Cuts a window's tokens at adjacent timestamps and says how far to move on (openai/whisper `transcribe`): to the last
 * complete pair, or over the whole window where the text ends with one timestamp or has no pair at all.
 */
export function sliceWindow(
  tokens: readonly number[],
  {timestampBegin, seek, windowFrames}: {timestampBegin: number; seek: number; windowFrames: number},
): WindowSlices {
  const offset = frameSeconds(seek)
  const isTimestamp = (token: number | undefined) => token !== undefined && token >= timestampBegin
  const position = (token: number | undefined) => (token ?? timestampBegin) - timestampBegin
  const singleTimestampEnding = tokens.length >= 2 && !isTimestamp(tokens.at(-2)) && isTimestamp(tokens.at(-1))
  const cuts = tokens.flatMap((token, i) => (i > 0 && isTimestamp(token) && isTimestamp(tokens[i - 1]) ? [i] : []))

  if (cuts.length === 0) {
    const last = position(tokens.findLast(isTimestamp))
    const duration = last > 0 ? last * SECONDS_PER_TIMESTAMP : frameSeconds(windowFrames)
    return {
      slices: [{start: offset, end: offset + duration, tokens}],
      advanceFrames: windowFrames,
      singleTimestampEnding,
    }
  }
  if (singleTimestampEnding) cuts.push(tokens.length)
  const slices = cuts.map((cut, index) => {
    const slice = tokens.slice(cuts[index - 1] ?? 0, cut)
    return {
      start: offset + position(slice[0]) * SECONDS_PER_TIMESTAMP,
      end: offset + position(slice.at(-1)) * SECONDS_PER_TIMESTAMP,
      tokens: slice,
    }
  })
  const lastPosition = position(tokens[(cuts.at(-1) ?? 0) - 1])
  return {
    slices,
    advanceFrames: singleTimestampEnding ? windowFrames : lastPosition * FRAMES_PER_TIMESTAMP,
    singleTimestampEnding,
  }
}

/** End of the last word, or of the last segment where there are no words. */
export function lastEnd(segments: readonly DraftSegment[]): number | undefined {
  return segments.findLast(({words}) => words.length > 0)?.words.at(-1)?.end ?? segments.at(-1)?.end
}
