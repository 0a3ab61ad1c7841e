import {firstAbove} from '../statistics/first-above.js'

/** Rounds of improvement; the codes hardly move any more after some of them. */
const ROUNDS = 20

/**
 * Values that stand for many: bins with equally many of the sorted values, each with its mean, as Federico & Bertoldi
 * (2006) quantize n-gram models, then moved to where the squared error is least (Lloyd).
 *
 * @param size at most so many values
 * @returns ascending
 */
export function codebookOf(values: Float32Array, size: number): Float32Array {
  const sorted = values.slice().sort()
  const distinct = sorted.filter((value, index) => index === 0 || value !== sorted[index - 1])
  if (distinct.length <= size) return distinct
  const sums = new Float64Array(sorted.length + 1)
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = (sums[i] as number) + (sorted[i] as number)
  let bounds: Float64Array = Float64Array.from({length: size + 1}, (_, bin) => Math.round((bin * sorted.length) / size))
  let centers: Float64Array = means(sums, bounds)
  for (let round = 0; round < ROUNDS; round++) {
    bounds = boundsBetween(sorted, centers)
    centers = means(sums, bounds)
  }
  return Float32Array.from(centers)
}

/** Number of the nearest value. */
export function nearestCode(codebook: Float32Array, value: number): number {
  let low = 0
  let high = codebook.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value > ((codebook[middle] as number) + (codebook[middle + 1] as number)) / 2) low = middle + 1
    else high = middle
  }
  return low
}

/** Means of the bins that have values. */
function means(sums: Float64Array, bounds: Float64Array): Float64Array {
  const centers: number[] = []
  for (let bin = 0; bin + 1 < bounds.length; bin++) {
    const from = bounds[bin] as number
    const to = bounds[bin + 1] as number
    if (to > from) centers.push(((sums[to] as number) - (sums[from] as number)) / (to - from))
  }
  return Float64Array.from(centers)
}

/** Where in the sorted values each center's own begin. */
function boundsBetween(sorted: Float32Array, centers: Float64Array): Float64Array {
  const bounds = new Float64Array(centers.length + 1)
  bounds[centers.length] = sorted.length
  for (let bin = 1; bin < centers.length; bin++) {
    const middle = ((centers[bin - 1] as number) + (centers[bin] as number)) / 2
    bounds[bin] = firstAbove(sorted, middle)
  }
  return bounds
}
