import type {Segment, Transcript, Word} from '../../transcripts/transcript.js'
import {SAMPLE_RATE_HZ} from '../source.js'
import type {SpeechRegion} from './speech-regions.js'

/** Leads from the time in the speech alone, laid end to end, back to the time in the recording. Exact to the sample. */
export interface TimeMap {
  readonly regions: readonly SpeechRegion[]
  /** Samples of speech in all. */
  readonly speechSamples: number
  /**
   * The region that a time belongs to, in seconds of the recording: its bounds, and what to add to a speech time in it.
   * Where two regions meet, a time is the end of the first or the start of the second, as `edge` says.
   */
  regionAt(speechSeconds: number, edge: 'start' | 'end'): RegionTimes | undefined
}

export interface RegionTimes {
  readonly startSeconds: number
  readonly endSeconds: number
  /** Silence left out before it. */
  readonly offsetSeconds: number
}

/** @param regions in order, not overlapping */
export function createTimeMap(regions: readonly SpeechRegion[]): TimeMap {
  const ends: number[] = []
  let speechSamples = 0
  for (const {start, end} of regions) {
    speechSamples += end - start
    ends.push(speechSamples)
  }
  return {
    regions,
    speechSamples,
    regionAt(speechSeconds, edge) {
      const sample = speechSeconds * SAMPLE_RATE_HZ
      const index = Math.min(
        firstIndex(ends, end => (edge === 'end' ? end >= sample : end > sample)),
        ends.length - 1,
      )
      const region = regions[index]
      if (region === undefined) return undefined
      return {
        startSeconds: region.start / SAMPLE_RATE_HZ,
        endSeconds: region.end / SAMPLE_RATE_HZ,
        offsetSeconds: (region.end - (ends[index] ?? 0)) / SAMPLE_RATE_HZ,
      }
    },
  }
}

/** A time in the recording. Past the last speech it is the last speech's end; without any speech, 0. */
export function toRecordingSeconds(map: TimeMap, speechSeconds: number, edge: 'start' | 'end'): number {
  const region = map.regionAt(speechSeconds, edge)
  return region === undefined ? 0 : inside(speechSeconds, region)
}

/**
 * Gives a transcript of the speech alone the times of the recording. No word leaves the region it was heard in: the one
 * its middle falls into. Segments reach from their first word to their last; `seek` stays a place in the speech.
 */
export function restoreTimes(transcript: Transcript, map: TimeMap, durationSeconds: number): Transcript {
  return {...transcript, durationSeconds, segments: transcript.segments.map(segment => restoreSegment(segment, map))}
}

/** One segment of {@link restoreTimes}. */
export function restoreSegment(segment: Segment, map: TimeMap): Segment {
  const words = segment.words?.map(word => restoreWord(word, map))
  const start = words?.at(0)?.start ?? toRecordingSeconds(map, segment.start, 'start')
  const end = words?.at(-1)?.end ?? toRecordingSeconds(map, segment.end, 'end')
  const times = {start, end: Math.max(start, end)}
  return words === undefined ? {...segment, ...times} : {...segment, ...times, words}
}

function restoreWord(word: Word, map: TimeMap): Word {
  const region = map.regionAt((word.start + word.end) / 2, 'start')
  if (region === undefined) return word
  return {...word, start: inside(word.start, region), end: inside(word.end, region)}
}

/** Rounds to milliseconds, but never out of the region. */
function inside(speechSeconds: number, {startSeconds, endSeconds, offsetSeconds}: RegionTimes): number {
  const earliest = Math.ceil(startSeconds * 1000 - EPSILON) / 1000
  const latest = Math.floor(endSeconds * 1000 + EPSILON) / 1000
  const rounded = Math.round((speechSeconds + offsetSeconds) * 1000) / 1000
  return Math.min(Math.max(rounded, earliest), Math.max(earliest, latest))
}

/** Milliseconds that a product of floats may be off by. */
const EPSILON = 1e-6

function firstIndex(values: readonly number[], matches: (value: number) => boolean): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (matches(values[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
