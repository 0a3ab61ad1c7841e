/**
 * The value below which `percent` of 100 of the values lie, interpolated between its neighbours: numpy's
 * `percentile(values, percent)` with its default method `linear`.
 *
 * @throws RangeError without values
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  return sortedPercentile(Float64Array.from(values).sort(), percent)
}

/** {@link percentile} of values that are in ascending order already. */
export function sortedPercentile(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) throw new RangeError('a percentile of no values')
  const position = ((sorted.length - 1) * percent) / 100
  const below = Math.floor(position)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  const share = position - below
  // As numpy: from the nearer end, so that equal neighbours give exactly their value.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share)
}
