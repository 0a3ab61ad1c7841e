import {toMicros} from './turn.js'

/** Some thirty years: below it whole microseconds are exact in a number. */
const LONGEST_SECONDS = 1e9

/** Whole microseconds of a decimal number of seconds such as `12`, `12.340` or `1e-3`; undefined for anything else. */
export function parseSeconds(text: string): number | undefined {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return undefined
  const seconds = Number(text)
  return Math.abs(seconds) <= LONGEST_SECONDS ? toMicros(seconds) : undefined
}
