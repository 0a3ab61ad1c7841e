/**
 * ln of the softmax of each frame, and the softmax, in double precision.
 *
 * @param logits [frames, classes]
 * @throws RangeError if a logit is not a number
 */
export function softmaxRows(logits: Float32Array, frames: number, classes: number) {
  const logProbabilities = new Float64Array(logits.length)
  const probabilities = new Float64Array(logits.length)
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * classes
    let largest = -Infinity
    for (let index = start; index < start + classes; index++) largest = Math.max(largest, logits[index] as number)
    if (!Number.isFinite(largest)) throw new RangeError('The model gave a logit that is no finite number.')
    let sum = 0
    for (let index = start; index < start + classes; index++) sum += Math.exp((logits[index] as number) - largest)
    const normaliser = largest + Math.log(sum)
    for (let index = start; index < start + classes; index++) {
      const value = (logits[index] as number) - normaliser
      logProbabilities[index] = value
      probabilities[index] = Math.exp(value)
    }
  }
  return {logProbabilities, probabilities}
}
