import {overlaps, subtract} from './intervals.js'
import type {Interval} from './turn.js'

export interface ScoredRegionOptions {
  /** Not scored on each side of every boundary of the reference (NIST's meaning; pyannote counts both sides together). */
  readonly collarMicros: number
  /** Leave out where two or more speakers of the reference speak at once. */
  readonly ignoreOverlap: boolean
}

/** What of `evaluated` is scored, given the turns of all speakers of the reference. */
export function scoredRegions(
  evaluated: readonly Interval[],
  reference: readonly Interval[],
  {collarMicros, ignoreOverlap}: ScoredRegionOptions,
): Interval[] {
  const collars =
    collarMicros === 0
      ? []
      : reference
          .flatMap(({startMicros, endMicros}) => [startMicros, endMicros])
          .map(at => ({startMicros: at - collarMicros, endMicros: at + collarMicros}))
  return subtract(evaluated, [...collars, ...(ignoreOverlap ? overlaps(reference) : [])])
}

/** From the first beginning to the last end: what is evaluated where no UEM says it. */
export function extentOf(intervals: readonly Interval[]): Interval[] {
  let startMicros = Number.POSITIVE_INFINITY
  let endMicros = Number.NEGATIVE_INFINITY
  for (const interval of intervals) {
    startMicros = Math.min(startMicros, interval.startMicros)
    endMicros = Math.max(endMicros, interval.endMicros)
  }
  return endMicros > startMicros ? [{startMicros, endMicros}] : []
}
