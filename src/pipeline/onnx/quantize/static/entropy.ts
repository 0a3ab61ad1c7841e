import type {Histogram} from './histogram.js'
import {type Range, within} from './range.js'

const {fround} = Math

/**
 * The range around zero whose values, in a few bins, have the distribution most like that of all values
 * (onnxruntime/quantization/calibrate.py, `get_entropy_threshold`; after Migacz, "8-bit inference with TensorRT", 2017).
 */
export function entropyRange(
  {counts, edges}: Histogram,
  {quantizedBins, seen}: {quantizedBins: number; seen: Range},
): Range {
  const middle = Math.floor(counts.length / 2)
  const below = cumulative(counts)
  let best = {divergence: Number.POSITIVE_INFINITY, lowest: 0, highest: 0}
  const least = Math.floor(quantizedBins / 2)
  for (let half = least; half <= middle; half++) {
    const start = middle - half
    const end = Math.min(middle + half + 1, counts.length)
    const divergence = divergenceOf(counts, below, {start, end, quantizedBins})
    if (half === least || divergence < best.divergence)
      best = {divergence, lowest: edges[start] as number, highest: edges[end] as number}
  }
  return within(best, seen)
}

/** Sums of all counts before each bin. */
function cumulative(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1)
  for (const [bin, count] of counts.entries()) sums[bin + 1] = (sums[bin] as number) + count
  return sums
}

interface Window {
  readonly start: number
  readonly end: number
  readonly quantizedBins: number
}

/** How far the counts in a window, what is outside put at its ends, are from the same in few bins. */
function divergenceOf(counts: Float64Array, below: Float64Array, {start, end, quantizedBins}: Window): number {
  const reference = counts.slice(start, end)
  const size = reference.length
  reference[0] = (reference[0] as number) + (below[start] as number)
  reference[size - 1] = (reference[size - 1] as number) + (below.at(-1) as number) - (below[end] as number)
  const merged = Math.floor(size / quantizedBins)
  const candidate = new Float64Array(size)
  for (let bin = 0; bin < quantizedBins; bin++) {
    const from = bin * merged
    const to = from + merged
    const sumEnd = bin === quantizedBins - 1 ? size : to
    const sum = (below[start + sumEnd] as number) - (below[start + from] as number)
    let filled = 0
    for (let place = from; place < to; place++) if (reference[place] !== 0) filled++
    // Counts stay whole numbers there. What is left over at the end is in the sum, but gets no share.
    if (filled !== 0) candidate.fill(Math.trunc(sum / filled), from, to)
  }
  const p = smooth(reference)
  const q = smooth(candidate)
  return p === undefined || q === undefined ? Number.POSITIVE_INFINITY : relativeEntropy(p, q)
}

const EPSILON = 1e-4

/** Empty bins get a little, which the others lose; undefined where too many are empty for that. */
function smooth(counts: Float64Array): Float32Array | undefined {
  const {length} = counts
  let zeros = 0
  for (let bin = 0; bin < length; bin++) if (counts[bin] === 0) zeros++
  const taken = (EPSILON * zeros) / (length - zeros)
  if (!(taken < 1)) return undefined
  const [given, less] = [fround(EPSILON), fround(-taken)]
  const smoothed = new Float32Array(length)
  for (let bin = 0; bin < length; bin++) {
    const count = counts[bin] as number
    smoothed[bin] = fround(count) + (count === 0 ? given : less)
  }
  return smoothed
}

function relativeEntropy(p: Float32Array, q: Float32Array): number {
  const sumOfP = sumOf(p, 0, p.length)
  const sumOfQ = sumOf(q, 0, q.length)
  for (let bin = 0; bin < p.length; bin++) {
    const part = fround((p[bin] as number) / sumOfP)
    const ratio = fround(part / fround((q[bin] as number) / sumOfQ))
    p[bin] = part * fround(Math.log(ratio))
  }
  return sumOf(p, 0, p.length)
}

/** Sums floats in pairs of blocks, as numpy does, so that the rounding is the same. */
function sumOf(values: Float32Array, start: number, end: number): number {
  const length = end - start
  if (length > 128) {
    const half = Math.floor(length / 2)
    const split = start + half - (half % 8)
    return fround(sumOf(values, start, split) + sumOf(values, split, end))
  }
  let sum = 0
  const whole = start + length - (length % 8)
  if (whole > start) {
    const lanes = values.slice(start, start + 8)
    for (let place = start + 8; place < whole; place++) {
      const lane = (place - start) & 7
      lanes[lane] = (lanes[lane] as number) + (values[place] as number)
    }
    for (let step = 1; step < 8; step *= 2)
      for (let lane = 0; lane < 8; lane += 2 * step)
        lanes[lane] = (lanes[lane] as number) + (lanes[lane + step] as number)
    sum = lanes[0] as number
  }
  for (let place = whole; place < end; place++) sum = fround(sum + (values[place] as number))
  return sum
}
