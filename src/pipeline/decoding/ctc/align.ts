import {LinguluError} from '../../errors.js'
import type {TokenSpan} from './token-span.js'

export interface AlignmentInput {
  /** frames × vocabulary, natural logarithm, frame after frame. */
  readonly logProbabilities: Float32Array
  readonly vocabularySize: number
  readonly blank: number
  /** The tokens that were said, without blanks. */
  readonly targets: ArrayLike<number>
  /**
   * A target that may also be said where it is not one: before the first, after the last, and again beside itself. For
   * the space between words, of which a text has one where the model says two, and none at its ends.
   */
  readonly delimiter?: number | undefined
}

/** The likeliest way in which frames can say the targets. */
export interface Alignment {
  /** Token of each frame, blanks included. */
  readonly path: Int32Array
  /** Log-probability of each frame's token. */
  readonly frameLogProbabilities: Float32Array
  /** One per target, in order. */
  readonly spans: readonly TokenSpan[]
  /** Log-probability of the path: the sum over its frames. */
  readonly logProbability: number
}

/**
 * CTC forced alignment: Viterbi over the targets with optional blanks between them, which are obligatory between equal
 * neighbours. The same as `torchaudio.functional.forced_align` followed by `merge_tokens`; among equally likely paths
 * the one that stays longest in the later token wins. Takes frames × (2 × targets + 1) bytes.
 *
 * @throws LinguluError ALIGNMENT_IMPOSSIBLE where there are fewer frames than the targets need, or no path has a
 * probability; RangeError for a target that is the blank or not in the vocabulary.
 */
export function forcedAlign(input: AlignmentInput): Alignment {
  const {logProbabilities, vocabularySize, targets} = input
  const frames = logProbabilities.length / vocabularySize
  checkTargets(input, frames)
  const labels = extendedLabels(input)
  const others = otherLabels(labels, input.delimiter)
  const {steps, logProbability, last} = viterbi(logProbabilities, vocabularySize, labels, others)
  if (logProbability === Number.NEGATIVE_INFINITY)
    throw impossible(`no path through ${frames} frames has a probability`)
  const states = trace(steps, labels.length, frames, last)
  const path = states.map((state, t) => likelier(logProbabilities, t * vocabularySize, labels, others, state))
  const frameLogProbabilities = Float32Array.from(
    path,
    (token, t) => logProbabilities[t * vocabularySize + token] as number,
  )
  return {path, frameLogProbabilities, spans: spansOf(states, targets, frameLogProbabilities), logProbability}
}

function checkTargets({targets, blank, vocabularySize}: AlignmentInput, frames: number): void {
  let needed = targets.length
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] as number
    if (!(target >= 0 && target < vocabularySize) || target === blank) throw new RangeError(`target ${i} is ${target}`)
    if (i > 0 && target === targets[i - 1]) needed++
  }
  if (needed > frames) throw impossible(`${targets.length} tokens need ${needed} frames and there are ${frames}`)
}

function impossible(why: string): LinguluError {
  return new LinguluError('ALIGNMENT_IMPOSSIBLE', `The text cannot be aligned with the audio: ${why}`, {
    hint: 'Check that the text is what is said in the recording.',
  })
}

/** blank, first target, blank, second target, … blank. */
function extendedLabels({targets, blank}: AlignmentInput): Int32Array {
  const labels = new Int32Array(2 * targets.length + 1).fill(blank)
  for (let i = 0; i < targets.length; i++) labels[2 * i + 1] = targets[i] as number
  return labels
}

/** What each state may emit besides its label: the delimiter in the pauses beside it and at the ends. */
function otherLabels(labels: Int32Array, delimiter: number | undefined): Int32Array {
  if (delimiter === undefined || delimiter < 0) return labels
  const last = labels.length - 1
  return labels.map((label, s) =>
    s === 0 || s === last || labels[s - 1] === delimiter || labels[s + 1] === delimiter ? delimiter : label,
  )
}

function likelier(
  logProbabilities: Float32Array,
  row: number,
  labels: Int32Array,
  others: Int32Array,
  state: number,
): number {
  const label = labels[state] as number
  const other = others[state] as number
  return (logProbabilities[row + other] as number) > (logProbabilities[row + label] as number) ? other : label
}

/** Forward pass. `steps[t × states + s]` says how many states lie between s and the state before it: 0, 1 or 2. */
function viterbi(logProbabilities: Float32Array, width: number, labels: Int32Array, others: Int32Array) {
  const states = labels.length
  const frames = logProbabilities.length / width
  const steps = new Uint8Array(frames * states)
  const scores = new Float64Array(states).fill(Number.NEGATIVE_INFINITY)
  if (frames > 0) {
    for (let s = 0; s < Math.min(2, states); s++) {
      scores[s] = logProbabilities[likelier(logProbabilities, 0, labels, others, s)] as number
    }
  }
  for (let t = 1; t < frames; t++) {
    // Only states that are reachable from the start and from which the end can be reached.
    const first = Math.max(0, states - 2 * (frames - t))
    const last = Math.min(states - 1, 2 * t + 1)
    const row = t * width
    // Downwards, so that scores of lower states are still those of the frame before.
    for (let s = last; s >= first; s--) {
      let best = scores[s] as number
      let step = 0
      if (s > 0 && (scores[s - 1] as number) > best) {
        best = scores[s - 1] as number
        step = 1
      }
      if ((s & 1) === 1 && s > 1 && labels[s] !== labels[s - 2] && (scores[s - 2] as number) > best) {
        best = scores[s - 2] as number
        step = 2
      }
      const token = likelier(logProbabilities, row, labels, others, s)
      scores[s] = best + (logProbabilities[row + token] as number)
      steps[t * states + s] = step
    }
  }
  if (frames === 0) return {steps, last: 0, logProbability: 0}
  const end = states - 1
  const last = end > 0 && (scores[end - 1] as number) >= (scores[end] as number) ? end - 1 : end
  return {steps, last, logProbability: scores[last] as number}
}

/** State of each frame, from the last frame back. */
function trace(steps: Uint8Array, states: number, frames: number, last: number): Int32Array {
  const path = new Int32Array(frames)
  let state = last
  for (let t = frames - 1; t >= 0; t--) {
    path[t] = state
    state -= steps[t * states + state] as number
  }
  return path
}

function spansOf(states: Int32Array, targets: ArrayLike<number>, frameLogProbabilities: Float32Array): TokenSpan[] {
  const spans: TokenSpan[] = []
  for (let t = 0; t < states.length; ) {
    const state = states[t] as number
    const start = t
    let sum = 0
    while (t < states.length && states[t] === state) sum += frameLogProbabilities[t++] as number
    if ((state & 1) === 0) continue
    spans.push({token: targets[state >> 1] as number, start, end: t, logProbability: sum / (t - start)})
  }
  return spans
}
