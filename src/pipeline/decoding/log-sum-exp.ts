/** log Σ exp(values[from … to)) in double precision; −∞ where every value is −∞. */
export function logSumExp(values: Float32Array, from = 0, to = values.length): number {
  const maximum = maximumOf(values, from, to)
  if (maximum === Number.NEGATIVE_INFINITY) return maximum
  let sum = 0
  for (let i = from; i < to; i++) {
    const difference = (values[i] as number) - maximum
    // exp underflows a float32 sum long before −104; skipping those halves the cost of a peaked distribution.
    if (difference > -104) sum += Math.exp(difference)
  }
  return maximum + Math.log(sum)
}

/** Largest of values[from … to); −∞ for an empty range. */
export function maximumOf(values: Float32Array, from = 0, to = values.length): number {
  let maximum = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) {
    const value = values[i] as number
    if (value > maximum) maximum = value
  }
  return maximum
}
