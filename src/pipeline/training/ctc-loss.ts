import {softmaxRows} from './softmax-rows.js'

/** Activations of a batch, [batch, frames, classes], and what was said. */
export interface CtcBatch {
  readonly logits: Float32Array
  readonly frames: number
  readonly classes: number
  /** Frames of each row that are not padding. */
  readonly lengths: readonly number[]
  readonly labels: readonly (readonly number[])[]
  readonly blank: number
}

export interface CtcLoss {
  /** −ln p(labels | logits) of each row; 0 where the labels do not fit into the frames. */
  readonly losses: Float64Array
  /** Of the sum of the losses with respect to the logits, [batch, frames, classes]. 0 in padding. */
  readonly gradient: Float32Array
}

/**
 * Connectionist temporal classification (Graves et al., ICML 2006): forward and backward variables in the log domain,
 * double precision, the softmax included. Rows whose labels cannot be said in their frames give no loss and no gradient,
 * as PyTorch's `zero_infinity`.
 *
 * @throws RangeError if a logit is not a number
 */
export function ctcLoss(batch: CtcBatch): CtcLoss {
  const {logits, frames, classes, lengths, labels} = batch
  const losses = new Float64Array(labels.length)
  const gradient = new Float32Array(logits.length)
  for (const [row, label] of labels.entries()) {
    const start = row * frames * classes
    const end = start + (lengths[row] ?? 0) * classes
    losses[row] = rowLoss(logits.subarray(start, end), gradient.subarray(start, end), label, batch)
  }
  return {losses, gradient}
}

/** Fills the gradient of one row, and gives its loss. */
function rowLoss(
  logits: Float32Array,
  gradient: Float32Array,
  label: readonly number[],
  {classes, blank}: CtcBatch,
): number {
  const frames = logits.length / classes
  const states = 2 * label.length + 1
  const tokens = Int32Array.from({length: states}, (_, state) =>
    state % 2 === 0 ? blank : (label[state >> 1] ?? blank),
  )
  const {logProbabilities, probabilities} = softmaxRows(logits, frames, classes)
  if (frames === 0 || frames < leastFrames(label)) return 0
  const emitted = new Float64Array(frames * states)
  for (let frame = 0; frame < frames; frame++)
    for (let state = 0; state < states; state++)
      emitted[frame * states + state] = logProbabilities[frame * classes + (tokens[state] as number)] as number
  const skips = Uint8Array.from(tokens, (token, state) =>
    Number(state > 1 && token !== blank && token !== tokens[state - 2]),
  )
  const forward = forwardVariables(emitted, skips, frames, states)
  const last = (frames - 1) * states
  const total = logAdd(at(forward, last + states - 1), states > 1 ? at(forward, last + states - 2) : -Infinity)
  if (total === -Infinity) return 0
  const backward = backwardVariables(emitted, skips, frames, states)
  for (let index = 0; index < gradient.length; index++) gradient[index] = at(probabilities, index)
  for (let frame = 0; frame < frames; frame++)
    for (let state = 0; state < states; state++) {
      const posterior = Math.exp(at(forward, frame * states + state) + at(backward, frame * states + state) - total)
      const index = frame * classes + (tokens[state] as number)
      gradient[index] = (gradient[index] as number) - posterior
    }
  return -total
}

/** Frames that labels take at least: a blank stands between two that are equal. */
export function leastFrames(label: readonly number[]): number {
  return label.length + label.filter((token, index) => index > 0 && token === label[index - 1]).length
}

/** ln p(labels up to the state, frames up to this one), this frame's emission included. */
function forwardVariables(emitted: Float64Array, skips: Uint8Array, frames: number, states: number): Float64Array {
  const forward = new Float64Array(frames * states).fill(-Infinity)
  forward[0] = at(emitted, 0)
  if (states > 1) forward[1] = at(emitted, 1)
  for (let frame = 1; frame < frames; frame++) {
    const before = (frame - 1) * states
    for (let state = 0; state < states; state++) {
      let sum = at(forward, before + state)
      if (state > 0) sum = logAdd(sum, at(forward, before + state - 1))
      if (skips[state] === 1) sum = logAdd(sum, at(forward, before + state - 2))
      forward[before + states + state] = sum + at(emitted, before + states + state)
    }
  }
  return forward
}

/** ln p(labels from the state on, later frames), this frame's emission not included. */
function backwardVariables(emitted: Float64Array, skips: Uint8Array, frames: number, states: number): Float64Array {
  const backward = new Float64Array(frames * states).fill(-Infinity)
  const last = (frames - 1) * states
  backward[last + states - 1] = 0
  if (states > 1) backward[last + states - 2] = 0
  for (let frame = frames - 2; frame >= 0; frame--) {
    const here = frame * states
    const after = here + states
    for (let state = 0; state < states; state++) {
      let sum = at(backward, after + state) + at(emitted, after + state)
      if (state + 1 < states) sum = logAdd(sum, at(backward, after + state + 1) + at(emitted, after + state + 1))
      if (skips[state + 2] === 1) sum = logAdd(sum, at(backward, after + state + 2) + at(emitted, after + state + 2))
      backward[here + state] = sum
    }
  }
  return backward
}

const at = (values: Float64Array, index: number): number => values[index] as number

function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b
  if (b === -Infinity) return a
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b))
}
