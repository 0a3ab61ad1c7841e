import {seededRandom} from '../../decoding/random.js'

const SMALLEST_POOL = 2 ** 21

/** Uniform numbers, drawn once: each site of dropout reads a stretch of them that begins somewhere else at each step. */
export class NoisePool {
  #values = new Float32Array(0)

  /**
   * Twice the longest stretch and more. Depends on nothing else: a resumed run, which has not seen the longer batches before,
   * must draw the same.
   */
  atLeast(longest: number): Float32Array {
    const wanted = Math.max(SMALLEST_POOL, 2 ** Math.ceil(Math.log2(2 * longest)))
    if (wanted > this.#values.length) {
      const random = seededRandom('dropout')
      this.#values = Float32Array.from({length: wanted}, random)
    }
    return this.#values.subarray(0, wanted)
  }
}

/** Where each site begins to read. */
export function noiseOffsets(sites: number, room: number, noise: number): Int32Array {
  const random = seededRandom('dropout', noise)
  return Int32Array.from({length: sites}, () => Math.floor(random() * room))
}
