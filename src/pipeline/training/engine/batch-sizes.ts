import type {Shape, Size} from './shape.js'
import type {Batch} from './training-engine.js'

/** The number of elements of a shape, its named sizes found where inputs have them. */
export function countElements(shape: Shape, inputs: ReadonlyMap<string, Shape>, batch: Batch): number {
  return batchSizes(inputs, batch)(shape).reduce((product, size) => product * size, 1)
}

/**
 * Finds what shapes come to when a batch is given.
 *
 * @param inputs shapes of inputs by their names; they say what their named sizes are
 * @returns throws RangeError for a size that no input tells of
 */
export function batchSizes(inputs: ReadonlyMap<string, Shape>, batch: Batch): (shape: Shape) => readonly number[] {
  const sizes = new Map<string, number>()
  for (const [name, symbolic] of inputs)
    for (const [axis, size] of symbolic.entries())
      if (typeof size === 'string') sizes.set(size, batch[name]?.shape[axis] ?? 0)
  return shape => shape.map(size => resolve(size, sizes))
}

/** `time`, `time*0.5`, `batch*time`, `time+2`. */
function resolve(size: Size, sizes: ReadonlyMap<string, number>): number {
  if (typeof size === 'number') return size
  const known = sizes.get(size)
  if (known !== undefined) return known
  const [, name = '', offset = '0'] = /^(.*?)([+-]\d+)?$/.exec(size) ?? []
  const product = name.split('*').reduce((result, factor) => result * (sizes.get(factor) ?? Number(factor)), 1)
  if (Number.isNaN(product)) throw new RangeError(`No input says what ${size} is.`)
  return product + Number(offset)
}
