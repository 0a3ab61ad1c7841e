/**
 * Brings logits to log-probabilities (natural logarithm) in place, row by row. Log-probabilities stay what they are, up
 * to rounding, so a model that already gives them needs no special case. A row that holds a NaN becomes all NaN.
 *
 * @param values rows × width, row after row
 */
export function logSoftmax<Buffer extends ArrayBufferLike>(
  values: Float32Array<Buffer>,
  width: number,
): Float32Array<Buffer> {
  for (let start = 0; start < values.length; start += width) {
    const end = start + width
    let maximum = Number.NEGATIVE_INFINITY
    for (let i = start; i < end; i++) maximum = Math.max(maximum, values[i] as number)
    let sum = 0
    for (let i = start; i < end; i++) sum += Math.exp((values[i] as number) - maximum)
    const shift = maximum + Math.log(sum)
    for (let i = start; i < end; i++) values[i] = (values[i] as number) - shift
  }
  return values
}
