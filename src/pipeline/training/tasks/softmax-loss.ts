export interface SoftmaxLossOptions {
  /** [rows, classes]. */
  readonly logits: ArrayLike<number>
  readonly classes: number
  /** The class of each row; a row without one has no part in the loss. */
  readonly targets: readonly (number | undefined)[]
  /** Share of the target that goes to all classes alike (Szegedy et al., arXiv:1512.00567). Default 0. */
  readonly smoothing?: number | undefined
  /** Of each class. Default: 1. */
  readonly weights?: readonly number[] | undefined
}

export interface SoftmaxLoss {
  /** Of the sum over rows, with respect to the logits. */
  readonly gradient: Float32Array
  /** Summed over rows with a target. */
  readonly loss: number
  /** Rows with a target. */
  readonly count: number
  /** Rows whose greatest logit is that of their target. */
  readonly correct: number
}

/** Cross-entropy of softmax, natural logarithm; with smoothing and weights as PyTorch's `cross_entropy` sums it. */
export function softmaxLoss({logits, classes, targets, smoothing = 0, weights}: SoftmaxLossOptions): SoftmaxLoss {
  const gradient = new Float32Array(logits.length)
  const wanted = new Float64Array(classes)
  const logProbabilities = new Float64Array(classes)
  let [loss, count, correct] = [0, 0, 0]
  for (const [row, target] of targets.entries()) {
    if (target === undefined) continue
    count++
    if (greatest(logits, row * classes, classes) === target) correct++
    logSoftmax(logits, row * classes, logProbabilities)
    let total = 0
    for (let at = 0; at < classes; at++) {
      const share = smoothing / classes + (at === target ? 1 - smoothing : 0)
      wanted[at] = share * (weights?.[at] ?? 1)
      total += wanted[at] ?? 0
    }
    for (let at = 0; at < classes; at++) {
      const [share = 0, log = 0] = [wanted[at], logProbabilities[at]]
      loss -= share * log
      gradient[row * classes + at] = total * Math.exp(log) - share
    }
  }
  return {gradient, loss, count, correct}
}

/** The place of the greatest of `count` values from `start` on; of equal ones the first. */
export function greatest(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0
  for (let at = 1; at < count; at++) if (Number(values[start + at]) > Number(values[start + best])) best = at
  return best
}

function logSoftmax(logits: ArrayLike<number>, start: number, into: Float64Array): void {
  const highest = Number(logits[start + greatest(logits, start, into.length)])
  let sum = 0
  for (let at = 0; at < into.length; at++) sum += Math.exp(Number(logits[start + at]) - highest)
  const logarithm = highest + Math.log(sum)
  for (let at = 0; at < into.length; at++) into[at] = Number(logits[start + at]) - logarithm
}
