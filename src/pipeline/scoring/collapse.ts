import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {addCounts, NO_ERRORS, referenceLength} from './error-counts.js'
import type {UtteranceScore} from './utterance-score.js'

/** A phrase must come so often in a row … */
const COPIES = 3
/** … and take so many words in all to be taken for a loop. */
const LOOP_WORDS = 8
/** The same within one word, for languages written without spaces. */
const LOOP_CHARACTERS = 24
/** The longest phrase that is looked for, in words or characters. */
const LONGEST_PHRASE = 64

/**
 * Signs that a model broke down rather than misheard: hypotheses that are empty where something is said, hypotheses that
 * go round in circles, and words put in. The first two are shares of all utterances; a repetition that is in the reference
 * too is none. null where there is nothing to divide by.
 */
export function collapseOf(scores: readonly Pick<UtteranceScore, 'words'>[]): EvaluationReport['collapse'] {
  let empty = 0
  let repetitive = 0
  let total = NO_ERRORS
  for (const {words} of scores) {
    if (words.reference.length > 0 && words.hypothesis.length === 0) empty++
    if (isRepetitive(words.hypothesis) && !isRepetitive(words.reference)) repetitive++
    total = addCounts(total, words.counts)
  }
  const length = referenceLength(total)
  return {
    emptyRate: scores.length === 0 ? null : empty / scores.length,
    repetitionRate: scores.length === 0 ? null : repetitive / scores.length,
    insertionRate: length === 0 ? null : total.insertions / length,
  }
}

/**
 * Whether the same phrase of 1 to 64 words stands at least three times in a row and takes at least 8 words in all, or the
 * same of 1 to 64 characters within a word, at least 24 in all.
 */
export function isRepetitive(words: readonly string[]): boolean {
  if (loops(words, LOOP_WORDS)) return true
  return words.some(word => word.length >= LOOP_CHARACTERS && loops([...word], LOOP_CHARACTERS))
}

function loops(items: readonly string[], least: number): boolean {
  const longest = Math.min(LONGEST_PHRASE, Math.floor(items.length / COPIES))
  for (let period = 1; period <= longest; period++) {
    const enough = Math.max(least, COPIES * period) - period
    let run = 0
    for (let i = period; i < items.length; i++) {
      run = items[i] === items[i - period] ? run + 1 : 0
      if (run >= enough) return true
    }
  }
  return false
}
