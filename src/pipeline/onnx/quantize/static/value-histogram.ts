import {countEqual, equalEdges, type Histogram, rebin} from './histogram.js'
import {type Range, rangeOf, union} from './range.js'

const {fround} = Math

/**
 * The histogram of a tensor's values, around zero, batch by batch: it grows by whole bins on both sides where a batch goes
 * beyond it (onnxruntime/quantization/calibrate.py, `HistogramCollector.collect_value`).
 */
export class ValueHistogram {
  #seen: Range | undefined
  #threshold = 0
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
    const threshold = Math.max(Math.abs(range.lowest), Math.abs(range.highest))
    if (this.#seen === undefined) this.#start(values, threshold)
    else if (threshold <= this.#threshold) this.#count(values, this.#edges(this.#threshold), 0)
    else this.#grow(values, threshold)
    this.#seen = this.#seen === undefined ? range : union(this.#seen, range)
  }

  #start(values: Float32Array, threshold: number): void {
    const edges = equalEdges(-threshold, threshold, this.bins)
    this.#histogram = {counts: countEqual(values, edges), edges}
    this.#threshold = threshold
  }

  #edges(threshold: number): Float32Array {
    return equalEdges(-threshold, threshold, this.#histogram.counts.length)
  }

  #grow(values: Float32Array, threshold: number): void {
    const old = this.#threshold
    const {counts} = this.#histogram
    const width = fround(fround(2 * old) / counts.length)
    const added = old === 0 ? 0 : Math.trunc(fround(floorDivide(fround(threshold - old), width) + 1))
    if (counts.length + 2 * added > this.mostBins) {
      this.#widen(values, threshold)
      return
    }
    this.#threshold = old === 0 ? threshold : fround(fround(added * width) + old)
    this.#count(values, equalEdges(-this.#threshold, this.#threshold, counts.length + 2 * added), added)
  }

  #widen(values: Float32Array, threshold: number): void {
    const before = this.#histogram
    this.#start(values, threshold)
    for (const [bin, count] of rebin(before, this.#histogram.edges).entries())
      this.#histogram.counts[bin] = (this.#histogram.counts[bin] as number) + count
  }

  /** @param offset of the old first bin in the new ones */
  #count(values: Float32Array, edges: Float32Array, offset: number): void {
    const counts = countEqual(values, edges)
    for (const [bin, count] of this.#histogram.counts.entries())
      counts[bin + offset] = (counts[bin + offset] as number) + count
    this.#histogram = {counts, edges}
  }
}

/** numpy's `//` of two positive floats (npy_floor_divide). */
function floorDivide(a: number, b: number): number {
  const quotient = fround(fround(a - (a % b)) / b)
  const floor = Math.floor(quotient)
  return fround(quotient - floor) > 0.5 ? floor + 1 : floor
}
