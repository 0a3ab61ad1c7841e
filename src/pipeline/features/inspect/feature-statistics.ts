import type {FeatureMatrix} from './feature-image.js'

export interface ValueStatistics {
  readonly minimum: number
  readonly maximum: number
  readonly mean: number
  /** Of n values, not n − 1. */
  readonly deviation: number
}

/** Over all values; `null` of none. */
export function featureStatistics({values}: FeatureMatrix): ValueStatistics | null {
  if (values.length === 0) return null
  return statisticsOf(values, 0, 1)
}

/** Of every band, over all frames. */
export const bandStatistics = ({values, frames, width}: FeatureMatrix): ValueStatistics[] =>
  frames === 0 ? [] : Array.from({length: width}, (_, band) => statisticsOf(values, band, width))

function statisticsOf(values: Float32Array, from: number, step: number): ValueStatistics {
  let minimum = Number.POSITIVE_INFINITY
  let maximum = Number.NEGATIVE_INFINITY
  let sum = 0
  let count = 0
  for (let i = from; i < values.length; i += step) {
    const value = values[i] as number
    minimum = Math.min(minimum, value)
    maximum = Math.max(maximum, value)
    sum += value
    count++
  }
  const mean = sum / count
  let squares = 0
  for (let i = from; i < values.length; i += step) squares += ((values[i] as number) - mean) ** 2
  return {minimum, maximum, mean, deviation: Math.sqrt(squares / count)}
}
