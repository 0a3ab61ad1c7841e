import type {Discounts} from './discounts.js'
import type {Perplexity} from './perplexity.js'

/** What making a language model tells of itself. */
export type LanguageModelEvent =
  | {readonly type: 'start'; readonly texts: readonly string[]}
  /** Sentences and words so far, of all texts. */
  | {readonly type: 'reading'; readonly text: string; readonly sentences: number; readonly words: number}
  | ({readonly type: 'counted'} & TextFacts)
  | ({readonly type: 'estimated'} & EstimateFacts)
  | ({readonly type: 'mixed'} & MixFacts)
  | {readonly type: 'pruned'; readonly before: readonly number[]; readonly ngrams: readonly number[]}
  | {readonly type: 'note'; readonly message: string}
  | {readonly type: 'written'; readonly path: string; readonly bytes: number}
  | ({readonly type: 'done'} & LanguageModelSummary)

export interface TextFacts {
  readonly sentences: number
  readonly words: number
  /** Words of the model, with `<unk>`, `<s>` and `</s>`. */
  readonly vocabulary: number
  /** Words of the texts that became `<unk>`. */
  readonly unknownWords: number
}

export interface EstimateFacts {
  /** n-grams of each order that the texts have. */
  readonly counted: readonly number[]
  readonly discounts: readonly {readonly discounts: Discounts; readonly isFallback: boolean}[]
}

export interface MixFacts {
  /** The first is the model that the others are mixed into; its name is null where it is made of texts. */
  readonly models: readonly {readonly model: string | null; readonly weight: number}[]
}

export interface LanguageModelSummary {
  readonly order: number
  /** n-grams of each order. */
  readonly ngrams: readonly number[]
  /** Null where nothing was to be written. */
  readonly file: {readonly path: string; readonly bytes: number} | null
  /** Of the texts that were to be foreseen, by the model as it was written; null without them. */
  readonly perplexity: Perplexity | null
}
