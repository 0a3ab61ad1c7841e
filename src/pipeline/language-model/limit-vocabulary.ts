import {WordTable} from '../decoding/ctc/word-table.js'
import {type Corpus, SENTENCE_END_ID, UNKNOWN_ID} from './corpus.js'

export interface VocabularyLimits {
  /** Only these words, and all of them, whether the texts have them or not. */
  readonly words?: readonly string[] | undefined
  /** Only so many words, the most frequent ones. */
  readonly size?: number | undefined
  /** Only words that come so often. */
  readonly minCount: number
}

export interface LimitedCorpus extends Corpus {
  /** Words of the texts that became `<unk>`. */
  readonly unknownTokens: number
}

/**
 * Numbers the words of a corpus by how often they come, the most frequent first after the three marks, and makes `<unk>`
 * of those that the limits leave out. Of equally frequent words the one that came first has the lower number.
 *
 * The word numbers of the corpus are changed in place: it must not be used any more.
 */
export function limitVocabulary({words, ids, sentences}: Corpus, limits: VocabularyLimits): LimitedCorpus {
  const counts = new Uint32Array(words.size)
  for (let i = 0; i < ids.length; i++) counts[ids[i] as number] = (counts[ids[i] as number] as number) + 1
  const kept = new WordTable()
  for (let mark = 0; mark <= SENTENCE_END_ID; mark++) kept.add(words.bytes(mark))
  const numbers = new Uint32Array(words.size).fill(UNKNOWN_ID)
  for (let mark = 0; mark <= SENTENCE_END_ID; mark++) numbers[mark] = mark
  for (const word of chosen(words, counts, limits)) numbers[word] = kept.add(words.bytes(word))
  for (const word of limits.words ?? []) kept.addText(word)
  let unknownTokens = 0
  for (let i = 0; i < ids.length; i++) {
    const number = numbers[ids[i] as number] as number
    if (number === UNKNOWN_ID) unknownTokens++
    ids[i] = number
  }
  return {words: kept, ids, sentences, unknownTokens}
}

/** Numbers of the words that stay, without the marks. */
function chosen(words: WordTable, counts: Uint32Array, {words: listed, size, minCount}: VocabularyLimits): Uint32Array {
  const allowed = listed && new Set(listed.map(word => words.findText(word)))
  const order = Uint32Array.from({length: words.size}, (_, word) => word)
    .filter(word => word > SENTENCE_END_ID)
    .filter(word => (counts[word] as number) >= minCount && (allowed?.has(word) ?? true))
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
  return size === undefined ? order : order.subarray(0, size)
}
