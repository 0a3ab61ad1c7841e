import {alignWords} from '../../../scoring/align-words.js'
import {createCharacterCounter} from '../../../scoring/count-characters.js'
import {addCounts, type ErrorCounts, NO_ERRORS} from '../../../scoring/error-counts.js'
import {errorRate} from '../../../scoring/measures.js'
import {joinItems} from '../../data/join-items.js'
import type {Values} from '../../engine/training-engine.js'
import type {LabelGrammar} from '../../label-grammar.js'
import {likeliestLabels} from '../../likeliest-labels.js'
import {encodedLengths} from '../encoder-inputs.js'
import type {Example, FeatureBatch, TaskScorer, TrainingItem} from '../training-task.js'
import {bestPath, type CtcVocabularies, type PathPlace, type Target, writeTokens} from './ctc-targets.js'
import {columns} from './head-losses.js'

interface ScorerParts {
  readonly vocabularies: CtcVocabularies
  readonly writtenOf: (item: TrainingItem) => Target
  readonly phonesOf: ((item: TrainingItem) => Target) | undefined
  /** Of the heads that learn CTC-CRF, by their names. */
  readonly grammars: ReadonlyMap<string, LabelGrammar>
}

/**
 * Word and character errors, and phone errors of the second head: of the best path, or, where a head learns CTC-CRF, of the
 * best one by its grammar.
 */
export function createCtcScorer(parts: ScorerParts): TaskScorer {
  const {
    vocabularies: {written, phones},
    writtenOf,
    phonesOf,
    grammars,
  } = parts
  const countCharacters = createCharacterCounter()
  const examples: Example[] = []
  const totals = {words: NO_ERRORS, characters: NO_ERRORS, phones: NO_ERRORS}
  const classes = written.tokens.length
  const width = classes + (phones?.tokens.length ?? 0)

  function hear(head: 'written' | 'phones', logits: Float32Array, place: PathPlace): readonly number[] {
    const grammar = grammars.get(head)
    if (grammar === undefined) return bestPath(logits, place)
    const rows = logits.subarray(place.start, place.start + place.frames * width)
    return likeliestLabels(columns(rows, place), place.frames, grammar)
  }

  function addRow(
    row: readonly TrainingItem[],
    logits: Float32Array,
    place: Pick<PathPlace, 'start' | 'frames'>,
  ): void {
    const path = hear('written', logits, {...place, width, offset: 0, classes})
    const hypothesis = writeTokens(written, path)
    const item = joinItems(row)
    const reference = writeTokens(written, idsOf(writtenOf(item)))
    totals.words = addCounts(totals.words, wordErrors(reference, hypothesis))
    totals.characters = addCounts(totals.characters, countCharacters(reference, hypothesis))
    examples.push({id: item.id, reference, hypothesis})
    if (phones === undefined || phonesOf === undefined) return
    const target = phonesOf(item)
    if ('reason' in target) return
    const said = writeTokens(phones, target.ids)
    const heard = hear('phones', logits, {...place, width, offset: classes, classes: phones.tokens.length})
    totals.phones = addCounts(totals.phones, wordErrors(said, writeTokens(phones, heard)))
  }

  return {
    add({rows, lengths}: FeatureBatch, output: Values<Float32Array>) {
      const frames = output.shape[1] ?? 0
      for (const [index, length] of encodedLengths(lengths).entries())
        addRow(rows[index] ?? [], output.values, {start: index * frames * width, frames: length})
    },
    scores() {
      const words = errorRate(totals.words)
      const characters = {cer: errorRate(totals.characters)}
      if (written.kind === 'phones') return {metrics: {per: words}, examples}
      const second = phones === undefined ? {} : {per: errorRate(totals.phones)}
      return {metrics: {wer: words, ...characters, ...second}, examples}
    },
  }
}

const idsOf = (target: Target): readonly number[] => ('ids' in target ? target.ids : [])

function wordErrors(reference: string, hypothesis: string): ErrorCounts {
  const split = (text: string) => text.split(' ').filter(word => word !== '')
  return alignWords(split(reference), split(hypothesis)).counts
}
