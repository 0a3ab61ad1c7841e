/** A difference of two rates, in percentage points with its sign: `+0.32 points`, `−1.00 point`, `n/a`. */
export function formatPoints(difference: number | null, digits = 2): string {
  if (difference === null) return 'n/a'
  const number = formatSigned(difference * 100, digits)
  return `${number} ${Math.abs(Number((difference * 100).toFixed(digits))) === 1 ? 'point' : 'points'}`
}

/** With a sign for all but 0, and a real minus: `+0.32`, `−1.00`, `0.00`. */
export function formatSigned(value: number, digits: number): string {
  const size = Math.abs(value).toFixed(digits)
  if (Number(size) === 0) return size
  return `${value < 0 ? '−' : '+'}${size}`
}
