import type {NgramModel} from '../decoding/ctc/ngram-model.js'
import type {SentenceSink} from './add-sentences.js'

/** How well a model foresees texts. Each sentence is scored from `<s>` to `</s>`, as KenLM's `query` does. */
export interface Perplexity {
  readonly sentences: number
  /** Without `</s>`. */
  readonly words: number
  /** Words that the model does not have: it scores them as `<unk>`. */
  readonly unknownWords: number
  /** Sum over all words and `</s>`. */
  readonly log10: number
  /** Per word, `</s>` counted as one; null without sentences. */
  readonly perplexity: number | null
  /** The same without the unknown words themselves. */
  readonly perplexityOfKnown: number | null
}

export interface PerplexityCounter extends SentenceSink {
  result(): Perplexity
}

/** Measures a model on sentences. */
export function perplexityOf(model: NgramModel): PerplexityCounter {
  let sentences = 0
  let words = 0
  let unknownWords = 0
  let log10 = 0
  let unknownLog10 = 0
  return {
    add(sentence) {
      let context = model.start
      for (const text of sentence) {
        const word = model.wordOf(text)
        const scored = model.score(context, word)
        context = scored.context
        log10 += scored.log10
        if (word !== model.unknown) continue
        unknownWords++
        unknownLog10 += scored.log10
      }
      log10 += model.score(context, model.sentenceEnd).log10
      words += sentence.length
      sentences++
    },
    result() {
      const all = words + sentences
      const power = (sum: number, count: number) => (count === 0 ? null : 10 ** (-sum / count))
      return {
        sentences,
        words,
        unknownWords,
        log10,
        perplexity: power(log10, all),
        perplexityOfKnown: power(log10 - unknownLog10, all - unknownWords),
      }
    },
  }
}
