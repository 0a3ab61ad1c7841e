import {LinguluError} from '../../errors.js'

/** Weights as floats, in pieces, each time anew; `name` is for errors. */
export interface Weights {
  readonly name: string
  readonly read: () => AsyncIterable<Float32Array>
}

/**
 * Which weights are the smallest: all whose magnitude is below `magnitude`, and so many of those equal to it, the first
 * ones in order.
 */
export interface Cut {
  /** The bit pattern of a float, without its sign: as integers, these are in the order of the magnitudes. */
  readonly magnitude: number
  readonly ties: number
}

const BINS = 1 << 16
const MAGNITUDE = 0x7fffffff
const INFINITY = 0x7f800000

/**
 * Finds the `count` smallest magnitudes without sorting: one reading counts upper halves of the bit patterns, a second one
 * the lower halves where the border is. Memory does not grow with the weights.
 *
 * @throws LinguluError MODEL_INVALID if weights are not finite
 */
export async function findSmallest(weights: readonly Weights[], count: number): Promise<Cut> {
  const upper = new Float64Array(BINS)
  for (const {name, read} of weights)
    for await (const values of read()) if (!countUpper(words(values), upper)) throw notFinite(name)
  const high = borderOf(upper, count)
  const lower = new Float64Array(BINS)
  for (const {read} of weights) for await (const values of read()) countLower(words(values), high.bin, lower)
  const low = borderOf(lower, count - high.before)
  return {magnitude: high.bin * BINS + low.bin, ties: count - high.before - low.before}
}

/** Indexed loops: iterators take several times as long. False if a weight is not finite. */
function countUpper(bits: Uint32Array, bins: Float64Array): boolean {
  for (let index = 0; index < bits.length; index++) {
    const magnitude = (bits[index] as number) & MAGNITUDE
    if (magnitude >= INFINITY) return false
    const bin = magnitude >>> 16
    bins[bin] = (bins[bin] as number) + 1
  }
  return true
}

function countLower(bits: Uint32Array, upper: number, bins: Float64Array): void {
  for (let index = 0; index < bits.length; index++) {
    const magnitude = (bits[index] as number) & MAGNITUDE
    if (magnitude >>> 16 !== upper) continue
    const bin = magnitude & 0xffff
    bins[bin] = (bins[bin] as number) + 1
  }
}

const words = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length)

/** The bin in which the `count`-th lies, and how many are before it. */
function borderOf(bins: Float64Array, count: number): {readonly bin: number; readonly before: number} {
  let before = 0
  for (const [bin, size] of bins.entries()) {
    if (before + size >= count && size > 0) return {bin, before}
    before += size
  }
  return {bin: 0, before: 0}
}

/** How many magnitudes of `values` are equal to that of a cut. */
export function countTies(values: Float32Array, magnitude: number): number {
  let ties = 0
  const bits = words(values)
  for (let index = 0; index < bits.length; index++) if (((bits[index] as number) & MAGNITUDE) === magnitude) ties++
  return ties
}

function notFinite(name: string): LinguluError {
  return new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(name)} cannot be pruned: it has NaN or infinity.`, {
    hint: 'The checkpoint is broken, or training diverged: export it again from a sound one.',
  })
}
