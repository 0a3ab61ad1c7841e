const ZERO = 48
const MINUS = 45
const PLUS = 43
const POINT = 46
/** Integers up to 2^53 and powers of ten up to 10^22 are exact, so one division rounds correctly. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Float64Array.from({length: 23}, (_, exponent) => 10 ** exponent)

/**
 * The decimal number that bytes[start … end) spell, rounded as `Number()` does; NaN where they spell none. Plain
 * decimals, nearly all there are, cost no string.
 */
export function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]
  let at = sign === MINUS || sign === PLUS ? start + 1 : start
  let digits = 0
  let mantissa = 0
  let decimals = -1
  for (; at < end; at++) {
    const byte = bytes[at] as number
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digits++
      if (decimals >= 0) decimals++
    } else if (byte === POINT && decimals < 0) decimals = 0
    else return slowDecimal(bytes, start, end)
  }
  if (digits === 0 || digits > EXACT_DIGITS) return slowDecimal(bytes, start, end)
  const value = decimals > 0 ? mantissa / (POWERS_OF_TEN[decimals] as number) : mantissa
  return sign === MINUS ? -value : value
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

function slowDecimal(bytes: Uint8Array, start: number, end: number): number {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)))
  return DECIMAL.test(text) ? Number(text) : Number.NaN
}
