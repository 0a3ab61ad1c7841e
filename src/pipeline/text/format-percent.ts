/** A share of 1 in percent: `7.32 %`. Where there is none: `n/a`. */
export function formatPercent(rate: number | null, digits = 2): string {
  return rate === null ? 'n/a' : `${(rate * 100).toFixed(digits)} %`
}
