import {logSoftmax} from './log-softmax.js'

/** The least probability that a label is taken to have before anything is heard: rarer ones are not known well enough. */
const FLOOR = 1e-4

/**
 * Takes out of log-probabilities what a model expects before it hears anything: p(label | sound) / p(label)^weight, brought to
 * a sum of 1 again. A language model then does not say once more what the model has learnt of its training texts, and a model
 * that would rather say nothing (CTC's blank, the most frequent label) is not believed too much.
 *
 * @param logProbabilities frames × width, natural logarithm; they stay as they are
 * @param priors probability of each label; below 10⁻⁴ they count as that. Without any, what was heard stays as it is
 * @see Miao, Gowayyed, Metze: EESEN (https://arxiv.org/abs/1507.08240), with a weight as for hybrid models
 */
export function withoutPriors(logProbabilities: Float32Array, priors: readonly number[], weight: number): Float32Array {
  if (priors.length === 0) return logProbabilities
  const expected = priors.map(prior => weight * Math.log(Math.max(prior, FLOOR)))
  const width = priors.length
  const values = new Float32Array(logProbabilities.length)
  for (const [index, value] of logProbabilities.entries()) values[index] = value - (expected[index % width] as number)
  return logSoftmax(values, width)
}
