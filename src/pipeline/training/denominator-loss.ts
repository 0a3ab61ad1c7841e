import {type CtcBatch, type CtcLoss, leastFrames} from './ctc-loss.js'
import {grammarLogProbability, type LabelGrammar} from './label-grammar.js'
import {softmaxRows} from './softmax-rows.js'

/** States less likely than this, of all at their frame, are left out. */
const FLOOR = 1e-7

/**
 * What makes of CTC's loss the one of a conditional random field (CTC-CRF: Xiang, Ou, ICASSP 2019, arXiv:1911.00429): the sum
 * of both is −ln of the share of the labels in all that could have been said, each text as likely as the grammar has it. CTC
 * alone takes all texts to be alike, which no search with a language model does.
 *
 * Rows whose labels cannot be said in their frames give no loss and no gradient, as with CTC.
 *
 * @throws RangeError if a logit is not a number
 */
export function denominatorLoss({logits, frames, classes, lengths, labels}: CtcBatch, grammar: LabelGrammar): CtcLoss {
  const losses = new Float64Array(labels.length)
  const gradient = new Float32Array(logits.length)
  const most = lengths.reduce((left, right) => Math.max(left, right), 0)
  const variables = {
    spoken: new Float64Array((most + 1) * classes ** 2),
    silent: new Float64Array((most + 1) * classes ** 2),
  }
  for (const [row, label] of labels.entries()) {
    const length = lengths[row] ?? 0
    if (length === 0 || length < leastFrames(label)) continue
    const start = row * frames * classes
    const {probabilities} = softmaxRows(logits.subarray(start, start + length * classes), length, classes)
    const scales = goForward(probabilities, grammar, variables)
    losses[row] = scales.reduce((sum, scale) => sum + Math.log(scale), 0) - grammarLogProbability(grammar, label)
    const posteriors = goBack(probabilities, grammar, {...variables, scales})
    for (let index = 0; index < probabilities.length; index++)
      gradient[start + index] = (posteriors[index] as number) - (probabilities[index] as number)
  }
  return {losses, gradient}
}

/**
 * Forward variables after each frame, a place before the first frame included: CTC's states for each pair of labels said last,
 * [frames + 1, classes, classes]. `spoken`: the last label is in this frame; `silent`: a blank is.
 */
interface Variables {
  readonly spoken: Float64Array
  readonly silent: Float64Array
}

/**
 * Fills the forward variables, scaled at each frame so that they sum to 1 (Rabiner, Proceedings of the IEEE 77, 1989), and gives
 * the sums: their product is Σ p(labels) p(labels | frames) over all labels.
 *
 * @param emitted [frames, classes]
 */
function goForward(emitted: Float64Array, grammar: LabelGrammar, {spoken, silent}: Variables): Float64Array {
  const {classes} = grammar
  const states = classes * classes
  spoken.fill(0, 0, states)
  silent.fill(0, 0, states)
  silent[0] = 1
  return new Float64Array(emitted.length / classes).map((_, frame) => {
    const before = frame * states
    const after = before + states
    const said = spoken.subarray(after, after + states).fill(0)
    const quiet = silent.subarray(after, after + states).fill(0)
    for (let state = 0; state < states; state++) {
      const again = spoken[before + state] as number
      const both = again + (silent[before + state] as number)
      if (both > 0) goOn(said, quiet, {grammar, state, again, both})
    }
    return emit({said, quiet}, emitted.subarray(frame * classes, (frame + 1) * classes))
  })
}

interface Reached {
  readonly grammar: LabelGrammar
  readonly state: number
  /** Of the forward variables, the spoken one, which may go on in this frame. */
  readonly again: number
  readonly both: number
}

function goOn(
  said: Float64Array,
  quiet: Float64Array,
  {grammar: {classes, probabilities}, state, again, both}: Reached,
): void {
  const last = state % classes
  const next = last * classes
  const row = state * classes
  quiet[state] = both
  for (let label = 1; label < classes; label++)
    said[next + label] = (said[next + label] as number) + both * (probabilities[row + label] as number)
  // The same label once more wants a blank between; without one it is the label going on.
  said[next + last] = (said[next + last] as number) - again * (probabilities[row + last] as number)
  said[state] = (said[state] as number) + again
}

/** Lets states emit what they stand for, and scales them. @returns what their sum was */
function emit(
  {said, quiet}: {readonly said: Float64Array; readonly quiet: Float64Array},
  emitted: Float64Array,
): number {
  const blank = emitted[0] as number
  let sum = 0
  for (let state = 0; state < said.length; state++) {
    const spoken = Math.max(0, said[state] as number) * (emitted[state % emitted.length] as number)
    const silent = (quiet[state] as number) * blank
    said[state] = spoken
    quiet[state] = silent
    sum += spoken + silent
  }
  const least = FLOOR * sum
  for (let state = 0; state < said.length; state++) {
    const kept = (said[state] as number) + (quiet[state] as number) > least ? 1 / sum : 0
    said[state] = (said[state] as number) * kept
    quiet[state] = (quiet[state] as number) * kept
  }
  return sum
}

/**
 * The posteriors of the labels at each frame, [frames, classes], from the forward variables and backward ones that are scaled
 * with them: at each frame the products of both sum to 1.
 */
function goBack(
  emitted: Float64Array,
  {classes, probabilities}: LabelGrammar,
  {spoken, silent, scales}: Variables & {readonly scales: Float64Array},
): Float64Array {
  const states = classes * classes
  const posteriors = new Float64Array(emitted.length)
  // Backward variables after a frame, its successor's emission and scale included.
  const saidOn = new Float64Array(states)
  const quietOn = new Float64Array(states)
  const said = new Float64Array(states).fill(1)
  const quiet = new Float64Array(states).fill(1)
  for (let frame = scales.length - 1; frame >= 0; frame--) {
    const at = frame * classes
    const here = (frame + 1) * states
    const scale = scales[frame] as number
    for (let state = 0; state < states; state++) {
      const label = state % classes
      const spokenHere = (spoken[here + state] as number) * (said[state] as number)
      const silentHere = (silent[here + state] as number) * (quiet[state] as number)
      posteriors[at + label] = (posteriors[at + label] as number) + spokenHere
      posteriors[at] = (posteriors[at] as number) + silentHere
      const kept = (spoken[here + state] as number) + (silent[here + state] as number) > 0
      saidOn[state] = kept ? ((said[state] as number) * (emitted[at + label] as number)) / scale : 0
      quietOn[state] = kept ? ((quiet[state] as number) * (emitted[at] as number)) / scale : 0
    }
    for (let state = 0; state < states; state++) {
      const last = state % classes
      if ((spoken[here - states + state] as number) + (silent[here - states + state] as number) === 0) continue
      const next = last * classes
      const row = state * classes
      let sum = quietOn[state] as number
      for (let label = 1; label < classes; label++)
        sum += (probabilities[row + label] as number) * (saidOn[next + label] as number)
      quiet[state] = sum
      said[state] =
        sum - (probabilities[row + last] as number) * (saidOn[next + last] as number) + (saidOn[state] as number)
    }
  }
  return posteriors
}
