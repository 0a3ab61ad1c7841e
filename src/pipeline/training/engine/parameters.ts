/** Where a parameter stands in the vector of all. */
export interface ParameterPlace {
  readonly name: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** Lays parameters out in one vector, in the order given. */
export function placeParameters(shapes: ReadonlyMap<string, readonly number[]>): readonly ParameterPlace[] {
  let start = 0
  return [...shapes].map(([name, shape]) => {
    const end = start + shape.reduce((product, size) => product * size, 1)
    const place = {name, shape, start, end}
    start = end
    return place
  })
}

export const sizeOfAll = (places: readonly ParameterPlace[]): number => places.at(-1)?.end ?? 0

/** 1 for weights that decay: matrices; biases and the gains of norms do not. */
export function decayMask(places: readonly ParameterPlace[]): Float32Array {
  const mask = new Float32Array(sizeOfAll(places))
  for (const {shape, start, end} of places) if (shape.length > 1) mask.fill(1, start, end)
  return mask
}

/**
 * First values: matrices uniform within ±√(6 ∕ (inputs + outputs)) (Glorot, Bengio, AISTATS 2010), gains 1, biases 0.
 *
 * @param random uniform in [0, 1)
 */
export function initialParameters(places: readonly ParameterPlace[], random: () => number): Float32Array {
  const values = new Float32Array(sizeOfAll(places))
  for (const {name, shape, start, end} of places) {
    if (shape.length < 2) {
      if (name.endsWith('.weight')) values.fill(1, start, end)
      continue
    }
    const [inputs = 1, outputs = 1] = shape.slice(-2)
    const bound = Math.sqrt(6 / (inputs + outputs))
    for (let index = start; index < end; index++) values[index] = bound * (2 * random() - 1)
  }
  return values
}
