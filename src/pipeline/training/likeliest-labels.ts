import type {LabelGrammar} from './label-grammar.js'
import {softmaxRows} from './softmax-rows.js'

/** States so much less likely than the best of their frame, in nats, are given up. */
const BEAM = 16

/** What was said up to a state: a label, and what came before. */
interface Said {
  readonly label: number
  readonly before: Said | undefined
}

/** The likeliest path into a state: with its last label in this frame, and with a blank. */
interface Reached {
  spoken: number
  silent: number
  spokenLabels: Said | undefined
  silentLabels: Said | undefined
}

/**
 * The labels of the likeliest path where texts are as likely as a grammar has them: what a head that learns CTC-CRF says (Viterbi).
 *
 * @param logits [frames, classes]
 * @throws RangeError if a logit is not a number
 */
export function likeliestLabels(logits: Float32Array, frames: number, grammar: LabelGrammar): readonly number[] {
  const {classes, probabilities} = grammar
  const {logProbabilities} = softmaxRows(logits, frames, classes)
  const likelihoods = probabilities.map(Math.log)
  let states = new Map([
    [0, {spoken: -Infinity, silent: 0, spokenLabels: undefined, silentLabels: undefined} as Reached],
  ])
  for (let frame = 0; frame < frames; frame++) {
    const emitted = logProbabilities.subarray(frame * classes, (frame + 1) * classes)
    states = step(states, emitted, likelihoods)
  }
  const [best] = [...states.values()].sort((a, b) => scoreOf(b) - scoreOf(a))
  const labels: number[] = []
  let said = best && labelsOf(best)
  while (said !== undefined) {
    labels.push(said.label)
    said = said.before
  }
  return labels.reverse()
}

const scoreOf = ({spoken, silent}: Reached): number => Math.max(spoken, silent)
const labelsOf = ({spoken, silent, spokenLabels, silentLabels}: Reached): Said | undefined =>
  spoken > silent ? spokenLabels : silentLabels

/** @param likelihoods ln p(k | i, j) at [i, j, k]; states are numbered i × classes + j */
function step(
  states: ReadonlyMap<number, Reached>,
  emitted: Float64Array,
  likelihoods: Float64Array,
): Map<number, Reached> {
  const classes = emitted.length
  const least = Math.max(...[...states.values()].map(scoreOf)) - BEAM
  const next = new Map<number, Reached>()
  const reach = (state: number): Reached => {
    const known = next.get(state)
    if (known !== undefined) return known
    const made = {spoken: -Infinity, silent: -Infinity, spokenLabels: undefined, silentLabels: undefined}
    next.set(state, made)
    return made
  }
  for (const [state, from] of states) {
    const best = scoreOf(from)
    if (best < least) continue
    const last = state % classes
    const here = reach(state)
    here.silent = best + (emitted[0] as number)
    here.silentLabels = labelsOf(from)
    if (from.spoken + (emitted[last] as number) > here.spoken && last > 0) {
      here.spoken = from.spoken + (emitted[last] as number)
      here.spokenLabels = from.spokenLabels
    }
    for (let label = 1; label < classes; label++) {
      // The same label once more wants a blank between.
      const before = label === last ? from.silent : best
      const score = before + (emitted[label] as number) + (likelihoods[state * classes + label] as number)
      if (score < least - BEAM) continue
      const into = reach(last * classes + label)
      if (score <= into.spoken) continue
      into.spoken = score
      into.spokenLabels = {label, before: label === last ? from.silentLabels : labelsOf(from)}
    }
  }
  return next
}
