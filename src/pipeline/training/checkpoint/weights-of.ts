import type {ParameterPlace} from '../engine/parameters.js'
import type {Weights} from '../tasks/training-task.js'

/** Views of the vector of all. */
export function weightsOf(places: readonly ParameterPlace[], parameters: Float32Array): Weights {
  return new Map(
    places.map(({name, shape, start, end}) => [name, {values: parameters.subarray(start, end), shape}] as const),
  )
}
