/** The samples cut off at `length`, or with silence at their end. */
export function fitted(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples
  const out = new Float32Array(length)
  out.set(samples.subarray(0, length))
  return out
}
