/** A float of 32 bits as the shortest decimal that is read as the same float again. */
export function shortestDecimal(value: number): string {
  if (value === 0) return '0'
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return String(rounded)
  }
  return String(Number(value.toPrecision(9)))
}
