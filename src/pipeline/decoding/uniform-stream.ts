import {seededRandom} from './random.js'

/** The uniform number in [0, 1) for each step of one row. */
export type UniformStream = (step: number) => number

const STEPS_BETWEEN_0_AND_1 = 2 ** 24

/**
 * What one row draws: a stream of its own, so that a sample depends on nothing but its seed, its row and its step,
 * whatever other rows are still alive. The numbers are multiples of 2⁻²⁴, which single precision holds exactly.
 */
export function uniformStream(seed: readonly (number | string)[], row: number): UniformStream {
  const random = seededRandom(...seed, row)
  const drawn: number[] = []
  return step => {
    while (drawn.length <= step) drawn.push(Math.floor(random() * STEPS_BETWEEN_0_AND_1) / STEPS_BETWEEN_0_AND_1)
    return drawn[step] as number
  }
}
