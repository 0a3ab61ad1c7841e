import type {Histogram} from './histogram.js'
import {type Range, within} from './range.js'

/**
 * Cuts off what is rarer than a percentile, as onnxruntime/quantization/calibrate.py does (`compute_percentile`).
 *
 * @param percentile from 0 to 100: the part of the values that is kept
 * @param isOfMagnitudes the histogram is one of magnitudes, the range as wide on both sides of zero
 */
export function percentileRange(
  {counts, edges}: Histogram,
  {percentile, isOfMagnitudes, seen}: {percentile: number; isOfMagnitudes: boolean; seen: Range},
): Range {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const edgeAt = (part: number) => edges[firstReaching(counts, total, part)] as number
  if (isOfMagnitudes) {
    const threshold = edgeAt(percentile / 100)
    return within({lowest: -threshold, highest: threshold}, seen)
  }
  const cut = (100 - percentile) / 200
  return within({lowest: edgeAt(cut), highest: edgeAt(1 - cut)}, seen)
}

/** The first bin at whose end a part of all values has been seen. */
function firstReaching(counts: Float64Array, total: number, part: number): number {
  let sum = 0
  for (const [bin, count] of counts.entries()) {
    sum += count / total
    if (sum >= part) return bin
  }
  return counts.length
}
