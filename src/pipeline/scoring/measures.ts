import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {addCounts, type ErrorCounts, errorsOf, hypothesisLength, NO_ERRORS, referenceLength} from './error-counts.js'
import type {UtteranceScore} from './utterance-score.js'

/** The rates of a report. Shares of 1; null where there is no utterance. */
export type Measures = Readonly<
  Pick<
    EvaluationReport,
    'wer' | 'cer' | 'mer' | 'wil' | 'wip' | 'wordAccuracy' | 'characterAccuracy' | 'sentenceAccuracy'
  >
>

/** What a set of utterances adds up to. */
export interface ScoreTotal {
  readonly words: ErrorCounts
  readonly characters: ErrorCounts
  readonly utterances: number
  /** Utterances without a word that is wrong. */
  readonly correct: number
}

export function sumScores(scores: readonly Pick<UtteranceScore, 'words' | 'characters'>[]): ScoreTotal {
  let words = NO_ERRORS
  let characters = NO_ERRORS
  let correct = 0
  for (const score of scores) {
    words = addCounts(words, score.words.counts)
    characters = addCounts(characters, score.characters)
    if (errorsOf(score.words.counts) === 0) correct++
  }
  return {words, characters, utterances: scores.length, correct}
}

/**
 * The measures of a total, as jiwer 4 computes them (`process_words`): errors and words are summed first and divided then,
 * so that long utterances weigh more. MER, WIL and WIP are those of A. Morris, V. Maier and P. Green, "From WER and RIL to
 * MER and WIL" (Interspeech 2004).
 */
export function measuresOf({words, characters, utterances, correct}: ScoreTotal): Measures {
  if (utterances === 0) {
    return {
      wer: null,
      cer: null,
      mer: null,
      wil: null,
      wip: null,
      wordAccuracy: null,
      characterAccuracy: null,
      sentenceAccuracy: null,
    }
  }
  const wer = errorRate(words)
  const cer = errorRate(characters)
  const wip = informationPreserved(words)
  return {
    wer,
    cer,
    mer: matchErrorRate(words),
    wil: 1 - wip,
    wip,
    wordAccuracy: 1 - wer,
    characterAccuracy: 1 - cer,
    sentenceAccuracy: correct / utterances,
  }
}

/** Errors / length of the reference. With an empty reference the number of insertions, as in jiwer since version 4. */
export function errorRate(counts: ErrorCounts): number {
  const length = referenceLength(counts)
  return length === 0 ? counts.insertions : errorsOf(counts) / length
}

function matchErrorRate(counts: ErrorCounts): number {
  const steps = counts.hits + errorsOf(counts)
  return steps === 0 ? 0 : errorsOf(counts) / steps
}

function informationPreserved(counts: ErrorCounts): number {
  const said = referenceLength(counts)
  const heard = hypothesisLength(counts)
  if (said === 0) return heard === 0 ? 1 : 0
  return heard === 0 ? 0 : (counts.hits / said) * (counts.hits / heard)
}
