import {roundHalfEven} from '../decoding/round-half-even.js'

export interface TimestampStyle {
  /** `00:` even where the hour is 0. */
  readonly alwaysHours: boolean
  readonly decimalMarker: '.' | ','
}

/** Seconds as whole milliseconds, rounded as OpenAI's writers round; never below 0. */
export function toMilliseconds(seconds: number): number {
  return Math.max(0, roundHalfEven(seconds * 1000))
}

/** `[HH:]MM:SS.mmm`. */
export function formatTimestamp(milliseconds: number, {alwaysHours, decimalMarker}: TimestampStyle): string {
  const hours = Math.floor(milliseconds / 3_600_000)
  const minutes = Math.floor(milliseconds / 60_000) % 60
  const seconds = Math.floor(milliseconds / 1000) % 60
  const hoursMarker = alwaysHours || hours > 0 ? `${digits(hours, 2)}:` : ''
  return `${hoursMarker}${digits(minutes, 2)}:${digits(seconds, 2)}${decimalMarker}${digits(milliseconds % 1000, 3)}`
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0')
