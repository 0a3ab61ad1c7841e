import type {Values} from '../../engine/training-engine.js'
import type {LossResult} from '../training-task.js'

/** Labels that count for nothing, as in PyTorch. */
export const SKIPPED_LABEL = -100

/**
 * Cross-entropy of the labels, smoothed as in PyTorch (`cross_entropy`, `label_smoothing`): (1 − ε) of the label's own
 * logarithm and ε of the mean over the vocabulary. Summed over tokens; its count is the number of tokens.
 *
 * @param output [rows, tokens] logarithms of the labels' probabilities; with smoothing [rows, tokens, 2], the second being
 *   the mean over the vocabulary
 */
export function whisperLoss(output: Values<Float32Array>, labels: Int32Array, smoothing: number): LossResult {
  const width = output.values.length / labels.length
  const gradient = new Float32Array(output.values.length)
  let sum = 0
  let count = 0
  for (const [index, label] of labels.entries()) {
    if (label === SKIPPED_LABEL) continue
    const at = index * width
    count++
    sum -= (1 - smoothing) * (output.values[at] as number)
    gradient[at] = smoothing - 1
    if (width === 1) continue
    sum -= smoothing * (output.values[at + 1] as number)
    gradient[at + 1] = -smoothing
  }
  return {gradient, count, loss: {sum, count}, parts: {}}
}
