/** Test signals and measures, apart from the code under test. */

export function sine(hz: number, seconds: number, rateHz: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    {length: Math.round(seconds * rateHz)},
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz),
  )
}

/** Least-squares fit of a sine of this frequency: its amplitude and the power of what it leaves. */
export function fitSine(samples: Float32Array, hz: number, rateHz: number): {amplitude: number; residualPower: number} {
  const [cc, ss, cs, xc, xs] = [0, 0, 0, 0, 0].slice() as [number, number, number, number, number]
  const sums = {cc, ss, cs, xc, xs}
  for (let i = 0; i < samples.length; i++) {
    const c = Math.cos((2 * Math.PI * hz * i) / rateHz)
    const s = Math.sin((2 * Math.PI * hz * i) / rateHz)
    sums.cc += c * c
    sums.ss += s * s
    sums.cs += c * s
    sums.xc += samples[i]! * c
    sums.xs += samples[i]! * s
  }
  const determinant = sums.cc * sums.ss - sums.cs ** 2
  const a = (sums.xc * sums.ss - sums.xs * sums.cs) / determinant
  const b = (sums.xs * sums.cc - sums.xc * sums.cs) / determinant
  let residual = 0
  for (let i = 0; i < samples.length; i++) {
    const fit = a * Math.cos((2 * Math.PI * hz * i) / rateHz) + b * Math.sin((2 * Math.PI * hz * i) / rateHz)
    residual += (samples[i]! - fit) ** 2
  }
  return {amplitude: Math.hypot(a, b), residualPower: residual / samples.length}
}

export function powerOf(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
}

/** Signal-to-noise ratio in dB of `actual` against `expected`, sample by sample. */
export function snrDb(expected: Float32Array, actual: Float32Array): number {
  let signal = 0
  let noise = 0
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2
    noise += (expected[i]! - (actual[i] ?? 0)) ** 2
  }
  return 10 * Math.log10(signal / noise)
}
