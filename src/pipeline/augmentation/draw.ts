import type {Random} from '../decoding/random.js'
import {normalQuantile} from '../statistics/normal.js'

export interface Range {
  readonly min: number
  readonly max: number
}

/** A number of the range, all equally likely. Takes one number of the stream whatever the range is. */
export const drawBetween = (random: Random, {min, max}: Range): number => min + (max - min) * random()

/** A whole number from `min` to `max`, both among them. */
export const drawInteger = (random: Random, {min, max}: Range): number =>
  Math.min(max, min + Math.floor((max - min + 1) * random()))

/** One of the items, all equally likely; undefined of none. */
export const drawItem = <Item>(random: Random, items: readonly Item[]): Item | undefined =>
  items[Math.min(items.length - 1, Math.floor(items.length * random()))]

/** Enough for noise: the greatest is 3.3 deviations. */
const QUANTILES = normalQuantiles(1024)

/** Fills an array with numbers of mean 0 and deviation 1, near enough to Gaussian: one of 1024 quantiles each. */
export function fillGaussian(values: Float32Array, random: Random): Float32Array {
  const count = QUANTILES.length
  for (let i = 0; i < values.length; i++) values[i] = QUANTILES[Math.floor(random() * count)] as number
  return values
}

/** The middles of `count` slices of equal probability, scaled to deviation 1. */
function normalQuantiles(count: number): Float32Array {
  const quantiles = Float64Array.from({length: count}, (_, i) => normalQuantile((i + 0.5) / count))
  const deviation = Math.sqrt(quantiles.reduce((sum, value) => sum + value * value, 0) / count)
  return Float32Array.from(quantiles, value => value / deviation)
}
