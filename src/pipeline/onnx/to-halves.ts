import {convertToFloat16, type Float16Options} from './float16.js'
import {storeHalves} from './half-storage.js'
import type {Model} from './model.js'
import {modelGraphs} from './visit.js'

/**
 * A model in half precision. One with a decode loop inside computes in float32, of weights stored as halves: a loop's state
 * would be halves too, and sums of log-probabilities would lose their places.
 */
export function toHalves(model: Model, options: Float16Options = {}): Model {
  const loops = [...modelGraphs(model.proto)].some(({node}) => node.some(({opType}) => opType === 'Loop'))
  return loops ? storeHalves(model) : convertToFloat16(model, options)
}
