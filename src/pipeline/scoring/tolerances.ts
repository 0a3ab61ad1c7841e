import {findEquivalents} from './equivalents.js'
import {tolerantPath} from './tolerant-path.js'
import type {WordAlignment} from './utterance-score.js'

export interface Tolerances {
  /** `ice cream`, `icecream` and `ice-cream` are the same. */
  readonly compounds?: boolean | undefined
  /** `I'm` and `I am` are the same. */
  readonly contractions?: boolean | undefined
}

/** Right words in a row between two errors that are looked at apart from each other. */
const APART = 8
/**
 * Words of a side after which a stretch full of errors is cut all the same: where both sides say one word over and over,
 * every pair of places is an equivalent, and time and memory grow with the square of the stretch.
 */
const LONGEST_STRETCH = 500

/**
 * The hypothesis with what a tolerance takes for right written as the reference writes it, where that makes fewer errors:
 * the choice is made in a search for the best alignment in which such a pair of spellings is one more step, without cost.
 * Other words are never touched, and the reference is not, so rates keep what they are divided by.
 */
export function tolerate(alignment: WordAlignment, tolerances: Tolerances): readonly string[] {
  const {reference, hypothesis, counts} = alignment
  if (counts.hits === reference.length && counts.insertions === 0) return hypothesis
  const words: string[] = []
  for (const [i, iEnd, j, jEnd] of stretches(alignment)) {
    const said = reference.slice(i, iEnd)
    const heard = hypothesis.slice(j, jEnd)
    words.push(...rewritten(said, heard, tolerances))
  }
  return words
}

function rewritten(said: readonly string[], heard: readonly string[], tolerances: Tolerances): readonly string[] {
  const equivalents = findEquivalents(said, heard, tolerances)
  if (equivalents.length === 0) return heard
  const words: string[] = []
  let at = 0
  for (const {reference, referenceWords, hypothesis, hypothesisWords} of tolerantPath(said, heard, equivalents)) {
    words.push(...heard.slice(at, hypothesis), ...said.slice(reference, reference + referenceWords))
    at = hypothesis + hypothesisWords
  }
  words.push(...heard.slice(at))
  return words
}

/** Cuts an alignment in the middle of long runs of right words. */
function* stretches({reference, hypothesis, operations}: WordAlignment): Generator<[number, number, number, number]> {
  let [from, fromHeard, i, j, run] = [0, 0, 0, 0, 0]
  for (const operation of operations) {
    if (operation !== 'I') i++
    if (operation !== 'D') j++
    run = operation === '=' ? run + 1 : 0
    const back = run === APART ? APART / 2 : 0
    if (back === 0 && i - from < LONGEST_STRETCH && j - fromHeard < LONGEST_STRETCH) continue
    yield [from, i - back, fromHeard, j - back]
    from = i - back
    fromHeard = j - back
    // The next cut must not reach back behind this one.
    run = 0
  }
  yield [from, reference.length, fromHeard, hypothesis.length]
}
