import {type SoftmaxLoss, softmaxLoss} from './softmax-loss.js'

/**
 * - `additive_angle`: cos(θ + margin), ArcFace (Deng et al., arXiv:1801.07698)
 * - `additive_cosine`: cos θ − margin, CosFace (Wang et al., arXiv:1801.09414)
 */
export const MARGINS = ['additive_angle', 'additive_cosine'] as const

export interface MarginOptions {
  readonly kind: (typeof MARGINS)[number]
  /** Radians, or a difference of cosines. */
  readonly margin: number
  /** What cosines are multiplied by before softmax. */
  readonly scale: number
}

export interface MarginLossOptions extends MarginOptions {
  /** [rows, classes]: of the angle between a row and the centre of each class. */
  readonly cosines: ArrayLike<number>
  readonly classes: number
  /** The class of each row; a row without one has no part in the loss. */
  readonly targets: readonly (number | undefined)[]
}

/** sin θ is not divided by less: the slope of cos(θ + margin) has no end where θ comes to 0. */
const SINE_FLOOR = 1e-3

/**
 * Cross-entropy of softmax over scaled cosines, those of the targets made smaller by a margin. `correct` is counted with the
 * margin. The gradient is with respect to the cosines, of the sum over rows.
 */
export function marginLoss({cosines, classes, targets, scale, ...options}: MarginLossOptions): SoftmaxLoss {
  const logits = Float64Array.from({length: cosines.length}, (_, index) => scale * Number(cosines[index]))
  const slopes = new Map<number, number>()
  for (const [row, target] of targets.entries()) {
    if (target === undefined) continue
    const at = row * classes + target
    const {value, slope} = withMargin(Number(cosines[at]), options)
    logits[at] = scale * value
    slopes.set(at, slope)
  }
  const found = softmaxLoss({logits, classes, targets})
  const gradient = found.gradient.map((value, index) => value * scale * (slopes.get(index) ?? 1))
  return {...found, gradient}
}

/** A target's cosine with its margin, and how fast it changes with the cosine. */
function withMargin(cosine: number, {kind, margin}: Pick<MarginOptions, 'kind' | 'margin'>) {
  if (kind === 'additive_cosine') return {value: cosine - margin, slope: 1}
  const [along, across] = [Math.cos(margin), Math.sin(margin)]
  // θ + margin would be beyond π, where the cosine rises again: from there on it falls in a straight line.
  if (cosine <= -along) return {value: cosine - across * margin, slope: 1}
  const sine = Math.sqrt(Math.max(0, 1 - cosine * cosine))
  return {value: cosine * along - sine * across, slope: along + (cosine * across) / Math.max(SINE_FLOOR, sine)}
}
