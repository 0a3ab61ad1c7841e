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
  const digits = digitsFor(rate, other)
  return {
    rate: formatPercent(rate, digits),
    other: formatPercent(other, digits),
    difference: points(pointsBetween(rate, other, digits)),
  }
}

const points = (number: string): string => `${number} ${Number(number) === 1 ? 'point' : 'points'}`

const MOST_DIGITS = 6

function digitsFor(rate: number, other: number): number {
  let digits = 2
  while (digits < MOST_DIGITS && rate !== other && looksSame(rate, other, digits)) digits++
  return digits
}

const looksSame = (rate: number, other: number, digits: number): boolean =>
  formatPercent(rate, digits) === formatPercent(other, digits) || Number(pointsBetween(rate, other, digits)) === 0

const pointsBetween = (rate: number, other: number, digits: number): string =>
  (Math.abs(rate - other) * 100).toFixed(digits)
