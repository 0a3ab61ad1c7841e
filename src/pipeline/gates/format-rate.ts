import {formatPercent} from '../text/format-percent.js'

/** A limit as one writes it: `7 %`, `0.25 %`. */
export const formatLimit = (rate: number): string => `${trimmed(rate * 100)} %`

/** A limit of a difference: `0.2 points`. */
export const formatPointsLimit = (rate: number): string => points(trimmed(rate * 100))

/** A number as one writes it, without the noise of binary fractions. */
export const trimmed = (value: number): string => String(Number(value.toFixed(6)))

/**
 * A rate, the one it is compared with, and their difference in percentage points, with two digits or as many as it takes
 * to see that they differ: `7.32 %`, `7.00 %`, `0.32 points`.
 */
export function formatRates(rate: number, other: number) {
  const digits = digitsFor(rate - other)
  return {
    rate: formatPercent(rate, digits),
    other: formatPercent(other, digits),
    difference: points((Math.abs(rate - other) * 100).toFixed(digits)),
  }
}

const points = (number: string): string => `${number} ${Number(number) === 1 ? 'point' : 'points'}`

const MOST_DIGITS = 6

function digitsFor(difference: number): number {
  let digits = 2
  while (digits < MOST_DIGITS && difference !== 0 && Math.abs(difference) * 100 < 0.5 * 10 ** -digits) digits++
  return digits
}
