import type {Lexicon} from './lexicon.js'
import type {NgramModel} from './ngram-model.js'
import {grown, type PrefixTrie, ROOT} from './prefix-trie.js'
import type {CtcVocabulary} from './vocabulary.js'
import {WordBeginnings} from './word-beginnings.js'

/** A language model ready for a search. */
export interface LanguageModel {
  readonly ngrams: NgramModel
  /** The model's words: what a beginning of a word can become. */
  readonly lexicon: Lexicon
  /** Weight of the language model's log-probability. */
  readonly alpha: number
  /** Added for every word: a language model alone prefers few words. */
  readonly beta: number
  /** Added to the log10 of a word that the language model does not have. */
  readonly unknownOffset: number
}

export interface HotWords {
  readonly lexicon: Lexicon
  /** Added for every hot word, in natural logarithm; in proportion while the word is not yet complete. */
  readonly weight: number
}

/** Scores of prefixes by what their words are worth. Sets `score` and `ceiling` of nodes, and keeps what it must know. */
export interface WordFusion {
  /** Scores a node that has just been added to the trie. */
  extend(trie: PrefixTrie, node: number): void
  /** The language model's context before a node's unfinished word. */
  contextOf(node: number): number
  /** Score of a node's prefix as a finished text: its last word is complete and the sentence ends. */
  finish(node: number): number
}

/** Longer beginnings of unknown words cost more, in proportion (pyctcdecode's AVG_TOKEN_LEN). */
const USUAL_WORD_CHARACTERS = 6

export interface FusionOptions {
  readonly vocabulary: CtcVocabulary
  readonly languageModel?: LanguageModel | undefined
  readonly hotWords?: HotWords | undefined
}

/**
 * Shallow fusion at word level, as in pyctcdecode: a complete word adds alpha × ln p(word | words before) + beta, and
 * the weight if it is hot; a beginning that no known word has costs the unknown offset at once, so that it is dropped
 * before the word ends. One difference: a transcript that ends in a space is not charged for an empty unknown word.
 */
export function wordFusion(options: FusionOptions): WordFusion {
  return new NodeScores(options)
}

/** A word that has been completed: what it adds in natural logarithm, and the context that it leaves. */
interface ScoredWord {
  readonly score: number
  readonly context: number
}

class NodeScores implements WordFusion {
  readonly #vocabulary: CtcVocabulary
  readonly #pieces: readonly Uint8Array[]
  readonly #pieceCharacters: Int32Array
  readonly #languageModel: LanguageModel | undefined
  readonly #known: WordBeginnings | undefined
  readonly #hot: WordBeginnings | undefined
  readonly #hotWeight: number
  /** No token adds more than this: a word that is complete, and one that begins. */
  readonly #gain: number

  /** Score of a node's complete words. */
  #base = new Float64Array(0)
  #contexts = new Int32Array(0)
  /** Characters of the unfinished word. */
  #characters = new Int32Array(0)

  constructor({vocabulary, languageModel, hotWords}: FusionOptions) {
    this.#vocabulary = vocabulary
    this.#pieces = vocabulary.pieces.map(piece => new TextEncoder().encode(piece))
    this.#pieceCharacters = Int32Array.from(vocabulary.pieces, piece => [...piece].length)
    this.#languageModel = languageModel
    this.#known = languageModel && new WordBeginnings(languageModel.lexicon)
    this.#hot = hotWords && new WordBeginnings(hotWords.lexicon)
    this.#hotWeight = hotWords?.weight ?? 0
    this.#gain = Math.max(0, languageModel?.beta ?? 0) + 2 * this.#hotWeight
    this.#reserve(1)
    this.#contexts[ROOT] = languageModel?.ngrams.start ?? 0
    this.#known?.restart(ROOT)
    this.#hot?.restart(ROOT)
  }

  extend(trie: PrefixTrie, node: number): void {
    this.#reserve(trie.capacity)
    const parent = trie.parent[node] as number
    const token = trie.token[node] as number
    if (token === this.#vocabulary.delimiter || this.#vocabulary.startsWord[token] === 1) {
      this.#completeWord(parent, node)
      this.#write(node, node, token)
    } else {
      this.#base[node] = this.#base[parent] as number
      this.#contexts[node] = this.#contexts[parent] as number
      this.#write(parent, node, token)
    }
    trie.score[node] = (this.#base[node] as number) + this.#unfinishedScore(node)
    trie.ceiling[node] = (this.#base[node] as number) + this.#gain
  }

  contextOf(node: number): number {
    return this.#contexts[node] as number
  }

  finish(node: number): number {
    const {score, context} = this.#scoreWord(node)
    return (this.#base[node] as number) + score + this.#scoreEnd(context)
  }

  /** `node` has the unfinished word of `from` as a complete one, and begins another. */
  #completeWord(from: number, node: number): void {
    const {score, context} = this.#scoreWord(from)
    this.#base[node] = (this.#base[from] as number) + score
    this.#contexts[node] = context
    this.#characters[node] = 0
    this.#known?.restart(node)
    this.#hot?.restart(node)
  }

  /** `node` has the unfinished word of `from` and what a token writes. */
  #write(from: number, node: number, token: number): void {
    const piece = this.#pieces[token] as Uint8Array
    this.#characters[node] = (this.#characters[from] as number) + (this.#pieceCharacters[token] as number)
    this.#known?.extend(from, node, piece)
    this.#hot?.extend(from, node, piece)
  }

  /** What the unfinished word of a node is worth if it ends here. */
  #scoreWord(node: number): ScoredWord {
    const context = this.#contexts[node] as number
    if (this.#characters[node] === 0) return {score: 0, context}
    const hotScore = this.#hot !== undefined && this.#hot.exact(node) >= 0 ? this.#hotWeight : 0
    if (this.#languageModel === undefined) return {score: hotScore, context}
    const {ngrams, alpha, beta, unknownOffset} = this.#languageModel
    const word = this.#known?.exact(node) ?? -1
    const known = word >= 0 && word !== ngrams.unknown
    const scored = ngrams.score(context, known ? word : ngrams.unknown)
    const log10 = scored.log10 + (known ? 0 : unknownOffset)
    return {score: alpha * Math.LN10 * log10 + beta + hotScore, context: scored.context}
  }

  #scoreEnd(context: number): number {
    if (this.#languageModel === undefined) return 0
    const {ngrams, alpha} = this.#languageModel
    return alpha * Math.LN10 * ngrams.score(context, ngrams.sentenceEnd).log10
  }

  /** What the unfinished word of a node is worth while it goes on. */
  #unfinishedScore(node: number): number {
    const written = this.#characters[node] as number
    if (written === 0) return 0
    if (this.#hot?.possible(node) === true) return this.#hotWeight * this.#hot.share(node)
    if (this.#languageModel === undefined || this.#known?.possible(node) === true) return 0
    return this.#languageModel.unknownOffset * Math.max(1, written / USUAL_WORD_CHARACTERS)
  }

  #reserve(capacity: number): void {
    if (this.#base.length >= capacity) return
    this.#base = grown(this.#base, new Float64Array(capacity))
    this.#contexts = grown(this.#contexts, new Int32Array(capacity))
    this.#characters = grown(this.#characters, new Int32Array(capacity))
    this.#known?.reserve(capacity)
    this.#hot?.reserve(capacity)
  }
}
