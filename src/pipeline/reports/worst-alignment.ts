import type {WorstRecord} from '../evaluation/evaluation-report.js'
import type {EditOperation, WordAlignment} from '../scoring/utterance-score.js'
import {visibleText} from '../text/visible-text.js'
import {cutText} from './cells.js'

const MOST_STEPS = 400 // words; a lecture in one utterance would fill pages
const LONGEST_WORD = 60 // characters

/** One column of an alignment: words as they were compared, undefined where that side has none. */
export interface AlignedStep {
  readonly operation: EditOperation
  readonly reference: string | undefined
  readonly hypothesis: string | undefined
}

export interface ShownAlignment {
  readonly steps: readonly AlignedStep[]
  /** Steps that were left out at the end. */
  readonly left: number
}

/** The alignment of an utterance, cut to what can be read. Undefined where the report keeps no texts. */
export function worstAlignment({reference, hypothesis, operations}: WorstRecord): ShownAlignment | undefined {
  const steps: AlignedStep[] = []
  let inReference = 0
  let inHypothesis = 0
  for (const operation of editOperations(operations)) {
    steps.push({
      operation,
      reference: operation === 'I' ? undefined : reference[inReference++],
      hypothesis: operation === 'D' ? undefined : hypothesis[inHypothesis++],
    })
  }
  if (inReference !== reference.length || inHypothesis !== hypothesis.length) return undefined
  return {steps: steps.slice(0, MOST_STEPS).map(cutWords), left: Math.max(0, steps.length - MOST_STEPS)}
}

function* editOperations(operations: string): Generator<EditOperation> {
  for (const operation of operations) {
    if (operation === '=' || operation === 'S' || operation === 'D' || operation === 'I') yield operation
  }
}

const cutWords = ({operation, reference, hypothesis}: AlignedStep): AlignedStep => ({
  operation,
  reference: reference === undefined ? undefined : showWord(reference),
  hypothesis: hypothesis === undefined ? undefined : showWord(hypothesis),
})

const showWord = (word: string): string => visibleText(cutText(word, LONGEST_WORD))

/** The steps as scoring writes them. */
export function toWordAlignment(steps: readonly AlignedStep[]): WordAlignment {
  const count = (operation: EditOperation): number => steps.filter(step => step.operation === operation).length
  return {
    reference: steps.flatMap(({reference}) => reference ?? []),
    hypothesis: steps.flatMap(({hypothesis}) => hypothesis ?? []),
    operations: steps.map(({operation}) => operation).join(''),
    counts: {hits: count('='), substitutions: count('S'), deletions: count('D'), insertions: count('I')},
  }
}
