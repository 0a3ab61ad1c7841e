import type {Segment, Suspect} from '../../transcripts/transcript.js'

/** Timestamp tokens are 0.02 s apart, so that the last one may well be a step late. */
const TOLERANCE_SECONDS = 0.02

export interface PlacedSegment {
  readonly segment: Segment
  readonly suspects: readonly Suspect[]
}

/**
 * A model may say that a segment ends after the recording does. With `clamp` the segment and its words are cut there;
 * without, as in the reference, times stay. Either way the reader is told.
 */
export function placeWithin(segment: Segment, durationSeconds: number, clamp: boolean): PlacedSegment {
  if (segment.end <= durationSeconds + TOLERANCE_SECONDS) return {segment, suspects: []}
  const detail = `${segment.start.toFixed(2)}–${segment.end.toFixed(2)} s in a recording of ${durationSeconds.toFixed(2)} s`
  if (!clamp) return {segment, suspects: [{kind: 'timestamps-past-end', segment: segment.id, detail}]}
  const cut = (seconds: number) => Math.min(seconds, durationSeconds)
  const clamped: Segment = {
    ...segment,
    start: cut(segment.start),
    end: durationSeconds,
    ...(segment.words && {
      words: segment.words.map(word => ({...word, start: cut(word.start), end: cut(word.end)})),
    }),
  }
  return {segment: clamped, suspects: [{kind: 'timestamps-clamped', segment: segment.id, detail}]}
}
