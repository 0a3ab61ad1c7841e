import {softmaxRows} from './softmax-rows.js'

/** Activations of a batch in which every recording comes twice: rows 2i and 2i + 1. [batch, frames, classes]. */
export interface ReadingPairs {
  readonly logits: Float32Array
  readonly frames: number
  readonly classes: number
  /** Frames of each row that are not padding; of both rows of a pair the same. */
  readonly lengths: readonly number[]
}

export interface ConsistencyLoss {
  /** Of each row: the Kullback-Leibler divergence, in nats, of its distributions from its twin's, summed over frames. */
  readonly losses: Float64Array
  /** Of the sum of the losses with respect to the logits, [batch, frames, classes]. 0 in padding. */
  readonly gradient: Float32Array
}

/**
 * How far two readings of the same recording are from each other, frame by frame: consistency-regularized CTC (Yao et al.,
 * ICLR 2025, arXiv:2410.05101). Each row is to come close to its twin, which is taken as given: no gradient flows into it.
 *
 * @throws RangeError if a logit is not a number
 */
export function consistencyLoss({logits, frames, classes, lengths}: ReadingPairs): ConsistencyLoss {
  const losses = new Float64Array(lengths.length)
  const gradient = new Float32Array(logits.length)
  for (let row = 0; row + 1 < lengths.length; row += 2) {
    const length = lengths[row] ?? 0
    const [first, second] = [row, row + 1].map(one => {
      const start = one * frames * classes
      return {start, ...softmaxRows(logits.subarray(start, start + length * classes), length, classes)}
    }) as [Reading, Reading]
    losses[row] = approach(first, second, gradient)
    losses[row + 1] = approach(second, first, gradient)
  }
  return {losses, gradient}
}

interface Reading extends ReturnType<typeof softmaxRows> {
  /** Of its logits. */
  readonly start: number
}

/** Fills the gradient of a reading, and gives the divergence of its distributions from those of its twin. */
function approach(reading: Reading, twin: Reading, gradient: Float32Array): number {
  let divergence = 0
  for (let index = 0; index < reading.probabilities.length; index++) {
    const own = reading.probabilities[index] as number
    const wanted = twin.probabilities[index] as number
    divergence += wanted * ((twin.logProbabilities[index] as number) - (reading.logProbabilities[index] as number))
    gradient[reading.start + index] = own - wanted
  }
  return divergence
}
