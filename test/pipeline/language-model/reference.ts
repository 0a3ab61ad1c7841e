import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import type {BackoffModel} from '../../../src/pipeline/language-model/backoff-model.js'
import {CorpusBuilder} from '../../../src/pipeline/language-model/corpus.js'
import type {Discounts} from '../../../src/pipeline/language-model/discounts.js'
import {type EstimatedModel, estimateModel} from '../../../src/pipeline/language-model/estimate-model.js'
import {limitVocabulary} from '../../../src/pipeline/language-model/limit-vocabulary.js'
import {arpaText} from '../../../src/pipeline/language-model/write-arpa.js'

export const referencePath = (name: string) =>
  fileURLToPath(new URL(`../../data/training-reference/language-model/${name}`, import.meta.url))

/** Lines of a text, each as its words. */
export function sentencesOf(name: string): string[][] {
  const lines = readFileSync(referencePath(name), 'utf8').trimEnd().split('\n')
  return lines.map(line => line.split(' '))
}

export interface Wanted {
  readonly order?: number
  readonly pruneCounts?: readonly number[]
  readonly fallback?: Discounts
  readonly vocabulary?: readonly string[]
}

export function estimate(
  sentences: readonly (readonly string[])[],
  {order = 3, pruneCounts = [], fallback, vocabulary}: Wanted = {},
): EstimatedModel {
  const builder = new CorpusBuilder()
  for (const words of sentences) builder.add(words)
  const corpus = limitVocabulary(builder.build(), {words: vocabulary, minCount: 1})
  return estimateModel(corpus, {order, pruneCounts, fallback})
}

/** An ARPA file as a map from n-grams to numbers: a reader so plain that it can be believed. */
export type PlainModel = ReadonlyMap<string, {readonly log10: number; readonly backoff: number}>

export function plainModel(arpa: string): PlainModel {
  const rows = arpa.split('\n').filter(line => /^-?\d/.test(line))
  return new Map(
    rows.map(row => {
      const [log10, words = '', backoff = 0] = row.split('\t')
      return [words, {log10: Number(log10), backoff: Number(backoff)}]
    }),
  )
}

export const arpaOf = (model: BackoffModel): string => [...arpaText(model)].join('')
export const readPlain = (name: string): PlainModel => plainModel(readFileSync(referencePath(name), 'utf8'))

/** log10 of a word after others, by the definition of backoff. */
export function plainScore(model: PlainModel, history: readonly string[], word: string): number {
  const found = model.get([...history, word].join(' '))
  if (found !== undefined) return found.log10
  if (history.length === 0) throw new Error(`${word} is not in the model`)
  return (model.get(history.join(' '))?.backoff ?? 0) + plainScore(model, history.slice(1), word)
}

/** All words that can come, so without `<s>`. */
export const wordsOf = (model: PlainModel): string[] => [...model.keys()].filter(key => !/ |^<s>$/.test(key))

/** All n-grams that can be contexts, and the empty one. */
export function contextsOf(model: PlainModel, order: number): string[][] {
  const ngrams = [...model.keys()].map(key => key.split(' '))
  return [[], ...ngrams.filter(words => words.length < order && !['</s>', '<unk>'].includes(words.at(-1) ?? ''))]
}

/** The sum of the probabilities of all words after a context. */
export function totalAfter(model: PlainModel, context: readonly string[]): number {
  return wordsOf(model).reduce((sum, word) => sum + 10 ** plainScore(model, context, word), 0)
}
