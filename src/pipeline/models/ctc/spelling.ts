import type {NgramModel} from '../../decoding/ctc/ngram-model.js'
import type {CtcVocabulary} from '../../decoding/ctc/vocabulary.js'
import type {CtcOptions} from './options.js'

const SAMPLE_WORDS = 1000

/**
 * What a language model or hot words cannot do because the model has not the letters: mostly they are in lower case
 * and the model writes upper case, or the other way round.
 */
export function spellingWarnings(
  vocabulary: CtcVocabulary,
  {lm, hotWords}: CtcOptions,
  model: {readonly ngrams: NgramModel} | undefined,
): string[] {
  const letters = new Set(vocabulary.pieces.flatMap(piece => [...piece]))
  const spellable = (word: string) => [...word].every(letter => letters.has(letter))
  const strange = hotWords.filter(phrase => !phrase.split(/\s+/).every(spellable))
  const warnings = strange.map(
    phrase => `The hot word “${phrase}” has letters that the model does not write, so it is never found.`,
  )
  const share = model === undefined ? 1 : shareOf(sample(model.ngrams), spellable)
  if (share < 0.5) {
    const percent = Math.round(100 * share)
    warnings.push(
      `The model can write only ${percent} % of the words of ${lm ?? 'its own language model'}. Is the language model in another case or language?`,
    )
  }
  return warnings
}

/** Words from all over the vocabulary, without <unk>, <s> and </s>. */
function sample({words}: NgramModel): string[] {
  const step = Math.max(1, Math.floor(words.size / SAMPLE_WORDS))
  const count = Math.ceil(words.size / step)
  return Array.from({length: count}, (_, i) => words.text(i * step)).filter(word => !/^<.*>$/.test(word))
}

function shareOf(words: readonly string[], accept: (word: string) => boolean): number {
  return words.length === 0 ? 1 : words.filter(accept).length / words.length
}
