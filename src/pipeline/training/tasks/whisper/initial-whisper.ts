import type {ParameterPlace} from '../../engine/parameters.js'
import {sizeOfAll} from '../../engine/parameters.js'
import type {Weights} from '../training-task.js'
import {drawLowRank} from './low-rank-weights.js'

/** transformers' `init_std` of a Whisper. */
const DEVIATION = 0.02

/** Weights of the checkpoint, and drawn ones where it has none: low-rank changes, or all of a new model. */
export function initialWhisper(places: readonly ParameterPlace[], base: Weights, random: () => number): Float32Array {
  const values = new Float32Array(sizeOfAll(places))
  for (const place of places) {
    const known = base.get(place.name)
    if (known !== undefined) values.set(known.values, place.start)
    else if (base.size > 0) drawLowRank(place, values, random)
    else drawNew(place, values, random)
  }
  return values
}

/** As transformers draws a new Whisper: matrices normal, gains 1, biases 0. */
function drawNew({name, shape, start, end}: ParameterPlace, values: Float32Array, random: () => number): void {
  if (shape.length < 2) {
    if (name.endsWith('.weight')) values.fill(1, start, end)
    return
  }
  for (let index = start; index < end; index++) values[index] = DEVIATION * normal(random)
}

/** Box and Muller, 1958. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
