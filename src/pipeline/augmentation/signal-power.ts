/** The mean square of the samples; 0 for none. */
export function meanSquare(samples: Float32Array): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) * (samples[i] as number)
  return samples.length === 0 ? 0 : sum / samples.length
}

/** The greatest magnitude of the samples; 0 for none. */
export function peakOf(samples: Float32Array): number {
  let peak = 0
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i] as number))
  return peak
}
