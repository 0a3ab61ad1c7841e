import {z} from 'zod'

export interface EarlyStoppingOptions {
  /** Evaluations in a row without an improvement that end the run; null never does. */
  readonly patience: number | null
  /** How much better than the best an evaluation must be to count as an improvement. */
  readonly threshold: number
  readonly greaterIsBetter: boolean
}

/** What must be kept between evaluations, and in a checkpoint. */
export const EarlyStoppingState = z.strictObject({
  best: z.strictObject({step: z.int().min(0), value: z.number()}).nullable(),
  failures: z.int().min(0).describe('Evaluations in a row without an improvement.'),
})
export type EarlyStoppingState = Readonly<z.infer<typeof EarlyStoppingState>>

export const NOTHING_EVALUATED: EarlyStoppingState = {best: null, failures: 0}

export interface EarlyStoppingVerdict {
  readonly state: EarlyStoppingState
  /** Better than every one before, by however little. */
  readonly isBest: boolean
  readonly stop: boolean
}

/**
 * Takes in an evaluation, as transformers' `EarlyStoppingCallback` and `Trainer` do: what is better by less than the
 * threshold becomes the best that the next ones are measured by, and counts as a failure all the same. A value that is no
 * number is never better, and a failure.
 */
export function observeEvaluation(
  state: EarlyStoppingState,
  {step, value}: {readonly step: number; readonly value: number | null},
  {patience, threshold, greaterIsBetter}: EarlyStoppingOptions,
): EarlyStoppingVerdict {
  const {best} = state
  const isBest =
    value !== null && Number.isFinite(value) && (best === null || isBetter(value, best.value, greaterIsBetter))
  const improved = isBest && (best === null || Math.abs(value - best.value) > threshold)
  const failures = improved ? 0 : state.failures + 1
  return {
    state: {best: isBest ? {step, value} : best, failures},
    isBest,
    stop: patience !== null && failures >= patience,
  }
}

/** Strictly: of equal values the first stays the best. */
export const isBetter = (value: number, than: number, greaterIsBetter: boolean): boolean =>
  greaterIsBetter ? value > than : value < than
