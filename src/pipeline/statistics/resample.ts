import {seededRandom} from '../decoding/random.js'

export interface ResamplingOptions {
  /** Number of resamples. */
  readonly samples: number
  readonly seed: number
}

/**
 * The statistic `samples` times, each time of as many units as there are, drawn with replacement (Efron 1979). The
 * statistic sees the sums of the columns over the units that were drawn; where it gives NaN (nothing to divide by) the
 * units are drawn again. `columns` are as long as there are units.
 */
export function resample(
  columns: readonly [Float64Array, Float64Array] | readonly [Float64Array, Float64Array, Float64Array, Float64Array],
  statistic: (a: number, b: number, c: number, d: number) => number,
  {samples, seed}: ResamplingOptions,
): Float64Array {
  const [first, second, third, fourth] = columns
  const random = seededRandom('bootstrap', seed)
  const units = first.length
  const results = new Float64Array(samples)
  for (let done = 0; done < samples; ) {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let drawn = 0; drawn < units; drawn++) {
      const unit = Math.floor(random() * units)
      a += first[unit] ?? 0
      b += second[unit] ?? 0
      if (third && fourth) {
        c += third[unit] ?? 0
        d += fourth[unit] ?? 0
      }
    }
    const value = statistic(a, b, c, d)
    if (!Number.isNaN(value)) results[done++] = value
  }
  return results
}
