import {readArpaInto} from '../decoding/ctc/arpa.js'
import {NgramModelBuilder, NO_CONTEXT} from '../decoding/ctc/ngram-model.js'
import type {NgramSink, SpecialWords} from '../decoding/ctc/ngram-sink.js'
import type {WordTable} from '../decoding/ctc/word-table.js'
import type {BackoffModel, NgramLevel} from './backoff-model.js'
import {sortLevels} from './sort-levels.js'

/**
 * Reads an ARPA file into the form in which models are pruned and stored. Its words are numbered anew.
 *
 * @param chunks the file, already decompressed
 * @param name what error messages call it
 * @throws LinguluError MODEL_INVALID with the line's number
 */
export function readArpaModel(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): Promise<BackoffModel> {
  return readArpaInto(chunks, name, (words, counts) => new LevelRecorder(words, counts))
}

interface GrowingLevel extends NgramLevel {
  /** n-grams so far. */
  size: number
}

/** Notes the n-grams in the order of the file; the builder of the searched model finds contexts and doubles. */
class LevelRecorder implements NgramSink<BackoffModel> {
  readonly #words: WordTable
  readonly #index: NgramModelBuilder
  readonly #levels: readonly GrowingLevel[]

  constructor(words: WordTable, counts: readonly number[]) {
    this.#words = words
    this.#index = new NgramModelBuilder(words, counts)
    this.#levels = counts.map((count, index) => {
      // One more for <unk>, which a file may lack.
      const size = index === 0 ? count + 1 : count
      return {
        size: 0,
        words: new Uint32Array(size),
        contexts: new Uint32Array(index === 0 ? 0 : size),
        log10: new Float32Array(size),
        backoffs: new Float32Array(index === counts.length - 1 ? 0 : size),
      }
    })
  }

  addUnigram(word: number, log10: number, backoff: number): void {
    this.#index.addUnigram(word, log10, backoff)
    this.#note(1, NO_CONTEXT, word, log10, backoff)
  }

  child(context: number, word: number): number {
    return this.#index.child(context, word)
  }

  addMiddle(context: number, word: number, log10: number, backoff: number, order: number): boolean {
    this.#note(order, context, word, log10, backoff)
    return this.#index.addMiddle(context, word, log10, backoff)
  }

  addLongest(context: number, word: number, log10: number, order: number): boolean {
    this.#note(order, context, word, log10, 0)
    return this.#index.addLongest(context, word, log10)
  }

  build({unknown, sentenceStart, sentenceEnd}: SpecialWords): BackoffModel {
    const levels = this.#levels.map(({size, words, contexts, log10, backoffs}) => ({
      words: words.subarray(0, size),
      contexts: contexts.subarray(0, size),
      log10: log10.subarray(0, size),
      backoffs: backoffs.subarray(0, size),
    }))
    return sortLevels({words: this.#words, levels, unknown, sentenceStart, sentenceEnd})
  }

  #note(order: number, context: number, word: number, log10: number, backoff: number): void {
    const level = this.#levels[order - 1]
    if (level === undefined) return
    const at = level.size++
    level.words[at] = word
    level.contexts[at] = context - this.#firstNode(order - 1)
    level.log10[at] = log10
    level.backoffs[at] = backoff
  }

  /** Node of the first n-gram of an order: the builder numbers them as they come, after the one without words. */
  #firstNode(order: number): number {
    let node = NO_CONTEXT + 1
    for (let below = 0; below < order - 1; below++) node += this.#levels[below]?.size ?? 0
    return node
  }
}
