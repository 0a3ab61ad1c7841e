import {LinguluError} from '../errors.js'

/** How much greater than what it has been a loss must be, and for how many steps together, to be called exploding. */
const FACTOR = 20
const STEPS = 5
/** Before so many steps nothing is known of what is usual. */
const FIRST_STEPS = 50
const SMOOTHING = 0.98

export interface ObservedStep {
  readonly step: number
  /** Mean of the step. */
  readonly loss: number
  /** undefined before the gradient is there. */
  readonly gradientNorm?: number | undefined
  /** Ids of the recordings. */
  readonly ids: readonly string[]
}

/**
 * Watches losses: stops at the first that is no number, and where several together are many times what is usual.
 *
 * @returns a function that throws LinguluError TRAINING_DIVERGED, naming the recordings
 */
export function createDivergenceGuard(): (observed: ObservedStep) => void {
  let usual: number | undefined
  let seen = 0
  let high = 0
  return observed => {
    const {loss, gradientNorm = 0} = observed
    if (!Number.isFinite(loss)) throw diverged(observed, `the loss is ${loss}`)
    if (!Number.isFinite(gradientNorm)) throw diverged(observed, `the gradient is ${gradientNorm}`)
    if (observed.gradientNorm === undefined) return
    seen++
    const isHigh = usual !== undefined && seen > FIRST_STEPS && loss > FACTOR * Math.max(usual, Number.EPSILON)
    high = isHigh ? high + 1 : 0
    if (high >= STEPS)
      throw diverged(
        observed,
        `the loss was ${loss.toPrecision(3)} and more for ${STEPS} steps, ${usual?.toPrecision(3)} before`,
      )
    if (!isHigh) usual = usual === undefined ? loss : SMOOTHING * usual + (1 - SMOOTHING) * loss
  }
}

function diverged({step, ids}: ObservedStep, what: string): LinguluError {
  const shown = ids.slice(0, 20).join(', ')
  const more = ids.length > 20 ? ` and ${ids.length - 20} more` : ''
  return new LinguluError('TRAINING_DIVERGED', `Step ${step}: ${what}. The recordings of the batch: ${shown}${more}`, {
    hint: 'Look at these recordings and their texts, lower learning_rate or max_grad_norm, or lengthen the warm-up. Checkpoints from before are there: --resume goes on from the last one.',
  })
}
