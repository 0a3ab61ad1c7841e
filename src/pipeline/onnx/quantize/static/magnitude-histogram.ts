import {countBetween, countEqual, equalEdges, type Histogram, rebin} from './histogram.js'
import {type Range, rangeOf, union} from './range.js'

const {fround} = Math

/**
 * The histogram of the magnitudes of a tensor's values, batch by batch: bins are added where a batch goes beyond it
 * (onnxruntime/quantization/calibrate.py, `HistogramCollector.collect_absolute_value`). As there, later magnitudes below
 * the least of the first batch are not counted.
 */
export class MagnitudeHistogram {
  #seen: Range | undefined
  #histogram: Histogram = {counts: new Float64Array(0), edges: new Float32Array(1)}

  /**
   * @param bins at the beginning
   * @param mostBins where more would be needed, the first few batches were of a very small range: the bins get wider
   */
  constructor(
    readonly bins: number,
    readonly mostBins: number,
  ) {}

  get seen(): Range | undefined {
    return this.#seen
  }

  get histogram(): Histogram {
    return this.#histogram
  }

  /** @throws RangeError for a value that is not finite */
  add(values: Float32Array): void {
    const range = rangeOf(values)
    if (range === undefined) return
    const magnitudes = values.map(Math.abs)
    if (this.#seen === undefined) this.#start(magnitudes)
    else this.#extend(magnitudes)
    this.#seen = this.#seen === undefined ? range : union(this.#seen, range)
  }

  #start(magnitudes: Float32Array): void {
    const {lowest, highest} = rangeOf(magnitudes) ?? {lowest: 0, highest: 0}
    const edges = equalEdges(lowest, highest, this.bins)
    this.#histogram = {counts: countEqual(magnitudes, edges), edges}
  }

  #extend(magnitudes: Float32Array): void {
    const {counts: before, edges} = this.#histogram
    const {highest} = rangeOf(magnitudes) ?? {highest: 0}
    const wider = extendEdges(edges, highest, this.mostBins)
    if (wider === undefined) {
      this.#widen(magnitudes, highest)
      return
    }
    const counts = countBetween(magnitudes, wider)
    for (const [bin, count] of before.entries()) counts[bin] = (counts[bin] as number) + count
    this.#histogram = {counts, edges: wider}
  }

  #widen(magnitudes: Float32Array, highest: number): void {
    const edges = equalEdges(0, highest, this.bins)
    const counts = rebin(this.#histogram, edges)
    for (const [bin, count] of countEqual(magnitudes, edges).entries()) counts[bin] = (counts[bin] as number) + count
    this.#histogram = {counts, edges}
  }
}

/** Edges as far as the highest value, by numpy's arange(last edge + width, highest + width, width) in floats. */
function extendEdges(edges: Float32Array, highest: number, mostBins: number): Float32Array | undefined {
  const last = edges.at(-1) as number
  if (highest <= last) return edges
  const width = fround((edges[1] as number) - (edges[0] as number))
  const start = fround(last + width)
  const length = Math.max(0, Math.ceil(fround(fround(fround(highest + width) - start) / width)))
  // A width of nothing would need no end of bins.
  if (!(edges.length + length <= mostBins + 1)) return undefined
  const step = fround(fround(start + width) - start)
  const wider = new Float32Array(edges.length + length)
  wider.set(edges)
  for (let index = 0; index < length; index++) wider[edges.length + index] = fround(start + fround(index * step))
  return wider
}
