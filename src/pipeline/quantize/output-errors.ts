import {indexOfLargest} from '../statistics/index-of-largest.js'
/** How far one output of a model is from the same output of another, over all feeds. */
export interface OutputError {
  readonly output: string
  /** Feeds on which it was compared. */
  readonly samples: number
  /** Values that were compared. */
  readonly values: number
  /** Values of which one of both is NaN or infinite and the other is not; they are in no other figure. */
  readonly notFinite: number
  /** Largest absolute difference; null if no value could be compared. */
  readonly maxAbsoluteError: number | null
  /** Root of the sum of squared differences, by that of the squared reference; null if the reference is zero. */
  readonly rmsRelativeError: number | null
  /** Share of positions where both have their largest value in the same place; null where the output is no logits. */
  readonly argMaxAgreement: number | null
}

/** Adds up the errors of one output, feed by feed. */
export class OutputErrorSum {
  #samples = 0
  #values = 0
  #notFinite = 0
  #maxAbsolute = 0
  #squaredError = 0
  #squaredReference = 0
  #positions = 0
  #agreements = 0

  /** @param classes length of the last dimension of logits; undefined for an output that is none */
  add(reference: Float32Array, candidate: Float32Array, classes: number | undefined): void {
    if (reference.length !== candidate.length)
      throw new RangeError(`${candidate.length} values, not the ${reference.length} of the reference`)
    this.#samples++
    for (let index = 0; index < reference.length; index++) {
      const expected = reference[index] as number
      const actual = candidate[index] as number
      if (!Number.isFinite(expected) || !Number.isFinite(actual)) {
        // Masks are minus infinity in both.
        if (!Object.is(expected, actual)) this.#notFinite++
        continue
      }
      const error = actual - expected
      this.#values++
      this.#maxAbsolute = Math.max(this.#maxAbsolute, Math.abs(error))
      this.#squaredError += error * error
      this.#squaredReference += expected * expected
    }
    if (classes !== undefined && classes > 0) this.#compareLargest(reference, candidate, classes)
  }

  finish(output: string): OutputError {
    const measured = this.#values > 0
    return {
      output,
      samples: this.#samples,
      values: this.#values,
      notFinite: this.#notFinite,
      maxAbsoluteError: measured ? this.#maxAbsolute : null,
      rmsRelativeError: this.#squaredReference > 0 ? Math.sqrt(this.#squaredError / this.#squaredReference) : null,
      argMaxAgreement: this.#positions > 0 ? this.#agreements / this.#positions : null,
    }
  }

  #compareLargest(reference: Float32Array, candidate: Float32Array, classes: number): void {
    for (let start = 0; start + classes <= reference.length; start += classes) {
      this.#positions++
      const end = start + classes
      if (indexOfLargest(reference, start, end) === indexOfLargest(candidate, start, end)) this.#agreements++
    }
  }
}

/** The worst of several outputs: the larger the error, the more was lost. Undefined without outputs. */
export function worstError(errors: readonly OutputError[]): OutputError | undefined {
  return [...errors].sort((a, b) => severity(b) - severity(a))[0]
}

/** For ranking: values that are not finite are worse than any error. */
export const severity = ({notFinite, rmsRelativeError}: Pick<OutputError, 'notFinite' | 'rmsRelativeError'>): number =>
  notFinite > 0 ? Number.POSITIVE_INFINITY : (rmsRelativeError ?? 0)
