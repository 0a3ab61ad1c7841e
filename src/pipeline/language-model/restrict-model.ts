import {WordTable} from '../decoding/ctc/word-table.js'
import type {BackoffModel, NgramLevel} from './backoff-model.js'
import {concatenate} from './concatenate.js'
import {keepNgrams} from './keep-ngrams.js'
import {normalizeModel} from './normalize-model.js'

export interface WordLimits {
  /** Only these words. */
  readonly words?: readonly string[] | undefined
  /** Only so many words: those whose numbers are below `first`, then the others; the likeliest of them. */
  readonly size?: number | undefined
  readonly first: number
}

/** Takes words out of a model with all n-grams that they are in; the other words have their probability. */
export function restrictModel(model: BackoffModel, limits: WordLimits): BackoffModel {
  const words = new WordTable()
  const numbers = new Int32Array(model.words.size).fill(-1)
  for (const word of chosen(model, limits)) numbers[word] = words.add(model.words.bytes(word))
  const numberOf = (word: number) => numbers[word] as number
  const stays = model.levels.map(level => new Uint8Array(level.words.length))
  const {levels, unknown, sentenceStart, sentenceEnd} = keepNgrams(model, (index, ngram) => {
    const level = model.levels[index] as NgramLevel
    const below = index === 0 ? 1 : stays[index - 1]?.[level.contexts[ngram] as number]
    if (below !== 1 || numberOf(level.words[ngram] as number) < 0) return false
    ;(stays[index] as Uint8Array)[ngram] = 1
    return true
  })
  return normalizeModel({
    words,
    levels: levels.map(level => ({...level, words: level.words.map(numberOf)})),
    unknown: numberOf(unknown),
    sentenceStart: numberOf(sentenceStart),
    sentenceEnd: numberOf(sentenceEnd),
  })
}

/** Numbers of the words that stay, ascending. */
function chosen({words, levels, unknown, sentenceStart, sentenceEnd}: BackoffModel, limits: WordLimits): Uint32Array {
  const marks = Uint32Array.of(unknown, sentenceStart, sentenceEnd)
  const {log10} = levels[0] as NgramLevel
  const allowed = limits.words && new Set(limits.words.map(word => words.findText(word)))
  const rank = (word: number) => (word < limits.first ? 0 : 1)
  const others = Uint32Array.from(log10.keys())
    .filter(word => !marks.includes(word) && (allowed?.has(word) ?? true))
    .sort((a, b) => rank(a) - rank(b) || (log10[b] as number) - (log10[a] as number) || a - b)
  return concatenate([marks, others.subarray(0, limits.size)]).sort()
}
