import {type BackoffModel, LOG10_ZERO, type NgramLevel, startsOf} from './backoff-model.js'
import {scoreNgrams} from './score-ngrams.js'
import {toNgramModel} from './to-ngram-model.js'

/** Computes all backoff weights anew, so that the probabilities after every context sum to one. */
export function renormalize(model: BackoffModel): BackoffModel {
  const levels = [...model.levels]
  for (let order = 2; order <= levels.length; order++) {
    const lower = toNgramModel({...model, levels}, order - 1)
    const scores = scoreNgrams(levels, order, 1, lower)
    const below = levels[order - 2] as NgramLevel
    levels[order - 2] = {...below, backoffs: weightsOf(levels[order - 1] as NgramLevel, scores, below.words.length)}
  }
  return {...model, levels}
}

/** @param scores log10 of each n-gram's last word after the shorter context */
function weightsOf({contexts, log10}: NgramLevel, scores: Float64Array, below: number): Float32Array {
  const starts = startsOf(contexts, below)
  const weights = new Float32Array(below)
  for (let context = 0; context < below; context++) {
    let rest = 1
    let restBelow = 1
    for (let i = starts[context] as number; i < (starts[context + 1] as number); i++) {
      rest -= 10 ** (log10[i] as number)
      restBelow -= 10 ** (scores[i] as number)
    }
    const weight = rest > 0 && restBelow > 0 ? Math.log10(rest / restBelow) : LOG10_ZERO
    weights[context] = Math.abs(weight) < ROUNDING ? 0 : weight
  }
  return weights
}

/** A weight of one, but for the rounding. */
const ROUNDING = 1e-12
