import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpaModel} from '../../../src/pipeline/language-model/arpa-model.js'
import {entropyPrune} from '../../../src/pipeline/language-model/entropy-prune.js'
import {
  arpaOf,
  contextsOf,
  type PlainModel,
  plainModel,
  plainScore,
  readPlain,
  referencePath,
  totalAfter,
  wordsOf,
} from './reference.js'

const NAME = 'few-fallback.arpa'
const plain = readPlain(NAME)
const model = await readArpaModel([readFileSync(referencePath(NAME))], NAME)

/** Probability of the words in a row, `<s>` being as likely as `</s>`. */
function chainLog10(words: readonly string[]): number {
  return words.reduce((sum, word, at) => {
    const log10 = word === '<s>' ? plainScore(plain, [], '</s>') : plainScore(plain, words.slice(0, at), word)
    return sum + log10
  }, 0)
}

/** The relative entropy from the model to that without an n-gram, summed over all words that can follow its context. */
function lossWithout(ngram: string): number {
  const words = ngram.split(' ')
  const history = words.slice(0, -1)
  const without = new Map(plain)
  without.delete(ngram)
  // The backoff weight with which the rest sums to one.
  const explicit = wordsOf(plain).filter(word => without.has([...history, word].join(' ')))
  const sum = explicit.reduce((total, word) => total + 10 ** plainScore(plain, history, word), 0)
  const below = explicit.reduce((total, word) => total + 10 ** plainScore(plain, history.slice(1), word), 0)
  const old = without.get(history.join(' '))
  if (old === undefined) throw new Error('a context is missing')
  without.set(history.join(' '), {...old, backoff: Math.log10((1 - sum) / (1 - below))})
  const divergence = wordsOf(plain).reduce((total, word) => {
    const before = plainScore(plain, history, word)
    return total + 10 ** before * Math.LN10 * (before - plainScore(without, history, word))
  }, 0)
  return 10 ** chainLog10(history) * divergence
}

const ofOrder = (ngrams: PlainModel, order: number) =>
  [...ngrams.keys()].filter(key => key.split(' ').length === order).sort()

describe.each([1e-4, 5e-4, 2e-3])('with the threshold %d', threshold => {
  const pruned = plainModel(arpaOf(entropyPrune(model, threshold)))
  const costs = (ngram: string) => Math.expm1(lossWithout(ngram)) >= threshold

  test('3-grams stay whose loss, by adding up the divergence over all words, raises the perplexity by more', () => {
    const stay = ofOrder(plain, 3).filter(costs)
    expect(stay.length).toBeLessThan(ofOrder(plain, 3).length)
    expect(ofOrder(pruned, 3)).toEqual(stay)
  })

  test('2-grams stay for their own worth, or as a context of what stays', () => {
    const contexts = new Set(ofOrder(pruned, 3).map(ngram => ngram.replace(/ \S+$/, '')))
    expect(ofOrder(pruned, 2)).toEqual(ofOrder(plain, 2).filter(ngram => contexts.has(ngram) || costs(ngram)))
  })

  test('all words stay, and so do the probabilities of what stays', () => {
    expect(ofOrder(pruned, 1)).toEqual(ofOrder(plain, 1))
    for (const [ngram, {log10}] of pruned) expect(log10, ngram).toBeCloseTo(plain.get(ngram)?.log10 ?? Number.NaN, 6)
  })

  test('probabilities after every context sum to one', () => {
    for (const context of contextsOf(pruned, 3))
      expect(totalAfter(pruned, context), context.join(' ')).toBeCloseTo(1, 5)
  })
})

test('a threshold that nothing reaches leaves words alone', () => {
  expect(entropyPrune(model, 100).levels.map(({words}) => words.length)).toEqual([ofOrder(plain, 1).length, 0, 0])
})

test('a threshold of nearly nothing takes only what the backoff foresees as well', () => {
  const pruned = plainModel(arpaOf(entropyPrune(model, 1e-12)))
  const gone = [...plain.keys()].filter(ngram => !pruned.has(ngram))
  expect(gone.length).toBeLessThan(5)
  for (const ngram of gone) expect(lossWithout(ngram)).toBeLessThan(1e-9)
})
