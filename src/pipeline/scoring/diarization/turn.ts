/** A stretch of time in whole microseconds: so sums are exact, and what touches in the file touches here. */
export interface Interval {
  readonly startMicros: number
  readonly endMicros: number
}

/** A speaker is heard from here to there. */
export interface Turn extends Interval {
  readonly speaker: string
}

export const MICROS_PER_SECOND = 1_000_000

/** The whole microseconds nearest to so many seconds. */
export const toMicros = (seconds: number): number => Math.round(seconds * MICROS_PER_SECOND)

export const toSeconds = (micros: number): number => micros / MICROS_PER_SECOND

export const lengthOf = ({startMicros, endMicros}: Interval): number => endMicros - startMicros
