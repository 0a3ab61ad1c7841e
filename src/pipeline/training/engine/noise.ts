import {seededRandom} from '../../decoding/random.js'
import type {Shape, Size} from './shape.js'
import type {Batch} from './training-engine.js'

const SMALLEST_POOL = 2 ** 21

/** Uniform numbers, drawn once: each site of dropout reads a stretch of them that begins somewhere else at each step. */
export class NoisePool {
  #values = new Float32Array(0)

  /** Grown to hold twice the longest stretch. Its beginning never changes. */
  atLeast(longest: number): Float32Array {
    const wanted = Math.max(SMALLEST_POOL, 2 ** Math.ceil(Math.log2(2 * longest)))
    if (wanted > this.#values.length) {
      const random = seededRandom('dropout')
      this.#values = Float32Array.from({length: wanted}, random)
    }
    return this.#values
  }
}

/** Where each site begins to read. */
export function noiseOffsets(sites: number, room: number, noise: number): Int32Array {
  const random = seededRandom('dropout', noise)
  return Int32Array.from({length: sites}, () => Math.floor(random() * room))
}

/** The number of elements of a shape, its named sizes found where inputs have them. */
export function countElements(shape: Shape, inputs: ReadonlyMap<string, Shape>, batch: Batch): number {
  const sizes = new Map<string, number>()
  for (const [name, symbolic] of inputs)
    for (const [axis, size] of symbolic.entries())
      if (typeof size === 'string') sizes.set(size, batch[name]?.shape[axis] ?? 0)
  return shape.reduce<number>((product, size) => product * resolve(size, sizes), 1)
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
