import {initialParameters, type ParameterPlace} from '../engine/parameters.js'
import type {Weights} from './training-task.js'

/** Drawn weights, and in their place those of an earlier training where name and shape are the same. */
export function initialWeights(
  places: readonly ParameterPlace[],
  random: () => number,
  earlier: Weights | undefined,
): Float32Array {
  const values = initialParameters(places, random)
  for (const {name, shape, start} of places) {
    const known = earlier?.get(name)
    if (known !== undefined && known.shape.join() === shape.join()) values.set(known.values, start)
  }
  return values
}
