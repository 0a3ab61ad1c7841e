import {type Complex, complexZeros, createTransform, type Transform} from './complex-transform.js'

/** Filters a signal: samples of `signal` ∗ `filter` from sample `skip` on, as many as the signal has. */
export type Convolver = (signal: Float32Array, filter: Float32Array, skip?: number) => Float32Array

interface Workplace {
  readonly transform: Transform
  readonly values: Complex
  readonly filter: Complex
}

/**
 * Convolution by overlap-add over Fourier transforms. The filter is real: so two blocks of the signal go through one complex
 * transform, as its real and its imaginary part. Not re-entrant: it owns its scratch memory.
 */
export function createConvolver(): Convolver {
  const workplaces = new Map<number, Workplace>()
  const workplaceOf = (size: number): Workplace => {
    const made = workplaces.get(size) ?? {
      transform: createTransform(size),
      values: complexZeros(size),
      filter: complexZeros(size),
    }
    workplaces.set(size, made)
    return made
  }
  return (signal, filter, skip = 0) => {
    const out = new Float32Array(signal.length)
    if (signal.length === 0 || filter.length === 0) return out
    const size = cheapestSize(signal.length, filter.length)
    const {transform, values, filter: spectrum} = workplaceOf(size)
    load(spectrum.re, filter)
    spectrum.im.fill(0)
    transform.forward(spectrum)
    const block = size - filter.length + 1
    for (let at = 0; at < signal.length; at += 2 * block) {
      load(values.re, signal.subarray(at, at + block))
      load(values.im, signal.subarray(at + block, at + 2 * block))
      transform.forward(values)
      multiply(values, spectrum)
      transform.backward(values)
      add(out, at - skip, values.re, 1 / size)
      add(out, at + block - skip, values.im, 1 / size)
    }
    return out
  }
}

/** The power of two for which the transforms cost least. */
function cheapestSize(signal: number, filter: number): number {
  let best = 0
  let lowest = Number.POSITIVE_INFINITY
  const largest = 2 * (Math.ceil(signal / 2) + filter)
  for (let size = 64; best === 0 || size <= largest; size *= 2) {
    if (size < filter + 16) continue
    const pairs = Math.ceil(signal / (2 * (size - filter + 1)))
    const cost = (1 + 2 * pairs) * size * Math.log2(size)
    if (cost >= lowest) continue
    lowest = cost
    best = size
  }
  return best
}

function load(into: Float64Array, samples: Float32Array): void {
  into.set(samples)
  into.fill(0, samples.length)
}

function multiply({re, im}: Complex, other: Complex): void {
  for (let k = 0; k < re.length; k++) {
    const a = re[k] as number
    const b = im[k] as number
    const c = other.re[k] as number
    const d = other.im[k] as number
    re[k] = a * c - b * d
    im[k] = a * d + b * c
  }
}

function add(out: Float32Array, at: number, values: Float64Array, scale: number): void {
  const to = Math.min(values.length, out.length - at)
  for (let n = Math.max(0, -at); n < to; n++) out[at + n] = (out[at + n] as number) + scale * (values[n] as number)
}
