/** A low-pass filter for polyphase resampling: sinc under a Kaiser window. */
export interface WindowedSinc {
  /** Its length in samples of the input; a multiple of four, for {@link dot}. */
  readonly taps: number
  /** Its cutoff, as a share of the input's Nyquist frequency. */
  readonly scale: number
  /** Of the Kaiser window. */
  readonly beta: number
}

/** Writes the weights of one phase: those of an output that lies this share of a sample behind an input. They sum up to 1. */
export function writePhase(weights: Float64Array, share: number, {taps, scale, beta}: WindowedSinc): void {
  let sum = 0
  for (let tap = 0; tap < taps; tap++) {
    const distance = tap - (taps / 2 - 1) - share
    const weight = sinc(distance * scale) * kaiser(distance / (taps / 2), beta)
    weights[tap] = weight
    sum += weight
  }
  // Every phase passes a constant unchanged.
  for (let tap = 0; tap < taps; tap++) weights[tap] = (weights[tap] as number) / sum
}

/** Four running sums keep the processor's pipelines full; `taps` is a multiple of four. */
export function dot(samples: Float32Array, from: number, table: Float64Array, offset: number, taps: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let tap = 0; tap < taps; tap += 4) {
    const i = from + tap
    const j = offset + tap
    a += (samples[i] as number) * (table[j] as number)
    b += (samples[i + 1] as number) * (table[j + 1] as number)
    c += (samples[i + 2] as number) * (table[j + 2] as number)
    d += (samples[i + 3] as number) * (table[j + 3] as number)
  }
  return a + b + (c + d)
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Kaiser window at `x` in −1 … 1. */
const kaiser = (x: number, beta: number): number =>
  Math.abs(x) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x)) / besselI0(beta)

/** Modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
