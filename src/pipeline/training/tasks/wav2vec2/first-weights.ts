import {type ParameterPlace, sizeOfAll} from '../../engine/parameters.js'
import {Tape} from '../../engine/tape.js'
import type {BuildModel} from '../../engine/training-engine.js'

export interface ParameterInfo {
  readonly shape: readonly number[]
  readonly trainable: boolean
}

/** The weights that a model has, by name. */
export function parametersOf(build: BuildModel): ReadonlyMap<string, ParameterInfo> {
  const tape = new Tape({training: false})
  build(tape)
  return new Map(
    tape.variables.flatMap(({operation, shape}) =>
      operation.type === 'parameter'
        ? [[operation.name, {shape: shape.map(Number), trainable: operation.trainable}] as const]
        : [],
    ),
  )
}

/** Those that are not trained; zeros where the checkpoint has none (`masked_spec_embed`). */
export function frozenWeights(
  parameters: ReadonlyMap<string, ParameterInfo>,
  weights: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    [...parameters].flatMap(([name, {shape, trainable}]) => {
      const size = shape.reduce((product, each) => product * each, 1)
      return trainable ? [] : [[name, weights.get(name) ?? new Float32Array(size)] as const]
    }),
  )
}

/**
 * The checkpoint's weights. What it lacks is drawn: matrices uniform with the deviation that its configuration gives,
 * biases 0, and the vector in place of masked frames uniform in [0, 1), as transformers has it.
 *
 * @param random uniform in [0, 1)
 * @param deviation `initializer_range` of config.json
 */
export function firstWeights(
  places: readonly ParameterPlace[],
  weights: ReadonlyMap<string, Float32Array>,
  random: () => number,
  deviation: number,
): Float32Array {
  const all = new Float32Array(sizeOfAll(places))
  for (const {name, start, end} of places) {
    const known = weights.get(name)
    if (known !== undefined) all.set(known, start)
    else if (name.endsWith('.masked_spec_embed')) fill(all, start, end, random)
    else if (name.endsWith('.weight')) fill(all, start, end, () => deviation * Math.sqrt(3) * (2 * random() - 1))
  }
  return all
}

function fill(values: Float32Array, start: number, end: number, draw: () => number): void {
  for (let index = start; index < end; index++) values[index] = draw()
}
