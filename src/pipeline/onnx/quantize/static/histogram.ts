/**
 * Histograms with equal bins as numpy makes them of float32 (numpy/lib/_histograms_impl.py and linspace, 2.x): edges and
 * places are computed in float32, so that counts are the same, number for number.
 */
export interface Histogram {
  readonly counts: Float64Array
  /** One more than counts; a bin has its lower edge, the last both. */
  readonly edges: Float32Array
}

const {fround} = Math

/** `bins` equal bins from `first` to `last`; around the one value where both are the same. */
export function equalEdges(first: number, last: number, bins: number): Float32Array {
  const isPoint = first === last
  const start = isPoint ? fround(first - 0.5) : first
  const stop = isPoint ? fround(last + 0.5) : last
  const step = fround(fround(stop - start) / bins)
  const edges = new Float32Array(bins + 1)
  for (let index = 0; index < bins; index++) edges[index] = fround(fround(index * step) + start)
  edges[bins] = stop
  return edges
}

/** How many values are in each of a number of equal bins. Values outside are not counted. */
export function countEqual(values: Float32Array, edges: Float32Array): Float64Array {
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  const first = edges[0] as number
  const last = edges[bins] as number
  const width = fround(last - first)
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number
    if (value < first || value > last) continue
    let bin = Math.trunc(fround(fround(fround(value - first) / width) * bins))
    if (bin === bins) bin--
    if (value < (edges[bin] as number)) bin--
    if (value >= (edges[bin + 1] as number) && bin !== bins - 1) bin++
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts
}

/** How many values are in each bin, of any edges that do not fall. Values outside are not counted. */
export function countBetween(values: Float32Array, edges: Float32Array): Float64Array {
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  const last = edges[bins] as number
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number
    if (value < (edges[0] as number) || value > last) continue
    const bin = Math.min(lastNotAbove(edges, value), bins - 1)
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts
}

/** The index of the last edge that is not above the value. */
function lastNotAbove(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((edges[middle] as number) <= value) low = middle
    else high = middle
  }
  return low
}

/** The counts of a histogram in other bins, which reach at least as far: each bin goes where its middle is. */
export function rebin({counts, edges}: Histogram, wider: Float32Array): Float64Array {
  const sums = new Float64Array(wider.length - 1)
  for (const [bin, count] of counts.entries()) {
    const middle = ((edges[bin] as number) + (edges[bin + 1] as number)) / 2
    const place = Math.min(lastNotAbove(wider, middle), sums.length - 1)
    sums[place] = (sums[place] as number) + count
  }
  return sums
}
