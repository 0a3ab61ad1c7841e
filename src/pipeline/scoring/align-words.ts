import {alignByWeights} from './align-by-weights.js'
import type {ErrorCounts} from './error-counts.js'
import {editScript} from './levenshtein/edit-script.js'
import type {Edits} from './levenshtein/trace.js'
import {createWorkspace, type Workspace} from './levenshtein/workspace.js'
import type {WordAlignment} from './utterance-score.js'
import {createVocabulary, type Vocabulary} from './vocabulary.js'

const HIT = 0x3d // =
const SUBSTITUTION = 0x53 // S
const DELETION = 0x44 // D

/** What an error costs in the choice between alignments. A word that is right costs nothing. */
export interface AlignmentWeights {
  readonly substitution: number
  readonly deletion: number
  readonly insertion: number
}

/** Of NIST's sclite: a substitution costs more than an insertion, and less than an insertion with a deletion. */
export const SCLITE_WEIGHTS: AlignmentWeights = {substitution: 4, deletion: 3, insertion: 3}

/**
 * Aligns a hypothesis with its reference, word by word, with the least errors. Without weights every error costs 1, and of
 * equally good alignments the one is taken that jiwer 4 shows (rapidfuzz's `Levenshtein.opcodes`). With weights the
 * alignment of least cost is taken, and of equally good ones sclite's: from the end, a word of each side before a deletion
 * or insertion, and an insertion before a deletion.
 *
 * Words are the same where their characters are; nothing is normalized here. Memory grows with the number of words, not
 * with its square.
 */
export function alignWords(
  reference: readonly string[],
  hypothesis: readonly string[],
  weights?: AlignmentWeights,
): WordAlignment {
  return createAligner(weights)(reference, hypothesis)
}

/** {@link alignWords} for many pairs: keeps its memory and the words that it knows from one to the next. */
export function createAligner(weights?: AlignmentWeights) {
  const workspace = createWorkspace()
  const vocabulary = createVocabulary()
  const numbersOf = (words: readonly string[]) => vocabulary.numbersOf(words, 0, words.length)
  return (reference: readonly string[], hypothesis: readonly string[]): WordAlignment => {
    const operations =
      weights === undefined
        ? leastErrors(workspace, vocabulary, reference, hypothesis)
        : alignByWeights(numbersOf(reference), numbersOf(hypothesis), weights)
    return {reference, hypothesis, operations, counts: countOperations(operations)}
  }
}

function leastErrors(
  workspace: Workspace,
  vocabulary: Vocabulary,
  reference: readonly string[],
  hypothesis: readonly string[],
): string {
  // What both sides begin and end with is right, and need not be numbered: most words of a good hypothesis.
  const shorter = Math.min(reference.length, hypothesis.length)
  let head = 0
  while (head < shorter && reference[head] === hypothesis[head]) head++
  let aEnd = reference.length
  let bEnd = hypothesis.length
  while (aEnd > head && bEnd > head && reference[aEnd - 1] === hypothesis[bEnd - 1]) {
    aEnd--
    bEnd--
  }
  const a = vocabulary.numbersOf(reference, head, aEnd)
  const b = vocabulary.numbersOf(hypothesis, head, bEnd)
  const middle = a.length + b.length === 0 ? '' : writeOperations(a, b, editScript(workspace, a, b, vocabulary.size()))
  return '='.repeat(head) + middle + '='.repeat(reference.length - aEnd)
}

function writeOperations(reference: Int32Array, hypothesis: Int32Array, {deleted, inserted}: Edits): string {
  let operations = ''
  let hits = 0
  let i = 0
  let j = 0
  while (i < reference.length || j < hypothesis.length) {
    let error = 'S'
    if (deleted[i] === 1) {
      error = 'D'
      i++
    } else if (inserted[j] === 1) {
      error = 'I'
      j++
    } else if (reference[i++] === hypothesis[j++]) {
      hits++
      continue
    }
    if (hits > 0) operations += '='.repeat(hits)
    operations += error
    hits = 0
  }
  return operations + '='.repeat(hits)
}

export function countOperations(operations: string): ErrorCounts {
  const counts = {hits: 0, substitutions: 0, deletions: 0, insertions: 0}
  for (let i = 0; i < operations.length; i++) {
    const operation = operations.charCodeAt(i)
    if (operation === HIT) counts.hits++
    else if (operation === SUBSTITUTION) counts.substitutions++
    else if (operation === DELETION) counts.deletions++
    else counts.insertions++
  }
  return counts
}
