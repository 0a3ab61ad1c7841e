/** The values that a tensor takes: two floats. */
export interface Range {
  readonly lowest: number
  readonly highest: number
}

/** By the names of tensors. */
export type Ranges = ReadonlyMap<string, Range>

/**
 * The least and the greatest of some values; undefined where there are none.
 *
 * @throws RangeError for a value that is not finite
 */
export function rangeOf(values: Float32Array): Range | undefined {
  if (values.length === 0) return undefined
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  let hasNan = false
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number
    if (value < lowest) lowest = value
    if (value > highest) highest = value
    if (Number.isNaN(value)) hasNan = true
  }
  const odd = hasNan ? Number.NaN : [lowest, highest].find(value => !Number.isFinite(value))
  if (odd !== undefined) throw new RangeError(`it has the value ${odd}`)
  return {lowest, highest}
}

export const union = (a: Range, b: Range): Range => ({
  lowest: Math.min(a.lowest, b.lowest),
  highest: Math.max(a.highest, b.highest),
})

/** A range no wider than what was seen. */
export const within = ({lowest, highest}: Range, seen: Range): Range => ({
  lowest: Math.max(lowest, seen.lowest),
  highest: Math.min(highest, seen.highest),
})
