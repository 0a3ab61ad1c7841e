import {seededRandom} from '../../decoding/random.js'
import {countElements} from './batch-sizes.js'
import type {Shape} from './shape.js'
import type {Batch} from './training-engine.js'
import type {Variable} from './variable.js'

const SMALLEST_POOL = 2 ** 21

/** A place in a model where values are dropped. */
export interface DropoutSite {
  readonly rate: number
  readonly shape: Shape
}

export const dropoutSites = (variables: readonly Variable[]): readonly DropoutSite[] =>
  variables.flatMap(({operation, shape}) => (operation.type === 'dropoutMask' ? [{rate: operation.rate, shape}] : []))

/** 0 or 1 ∕ (1 − rate), drawn once: each site of dropout reads a stretch of them that begins somewhere else at each step. */
export class DropoutMasks {
  readonly #sites: readonly DropoutSite[]
  readonly #pools = new Map<string, Float32Array>()

  constructor(sites: readonly DropoutSite[]) {
    this.#sites = sites
  }

  /**
   * The pool of each rate, the same object as long as it stays the same, and where each site begins to read its own.
   *
   * @param inputs shapes of the model's inputs
   * @param noise the same number, the same masks
   */
  draw(inputs: ReadonlyMap<string, Shape>, batch: Batch, noise: number) {
    const longest = Math.max(1, ...this.#sites.map(({shape}) => countElements(shape, inputs, batch)))
    // Depends on the batch alone: a resumed run, which has not seen the longer ones before, must draw the same.
    const length = Math.max(SMALLEST_POOL, 2 ** Math.ceil(Math.log2(2 * longest)))
    const pools = new Map(this.#sites.map(({rate}) => [rate, this.#pool(rate, length)]))
    const random = seededRandom('dropout', noise)
    const offsets = Int32Array.from(this.#sites, () => Math.floor(random() * (length - longest)))
    return {pools, offsets}
  }

  #pool(rate: number, length: number): Float32Array {
    const name = `${rate} ${length}`
    const known = this.#pools.get(name)
    if (known !== undefined) return known
    const random = seededRandom('dropout')
    const pool = Float32Array.from({length}, () => (random() < rate ? 0 : 1 / (1 - rate)))
    this.#pools.set(name, pool)
    return pool
  }
}
