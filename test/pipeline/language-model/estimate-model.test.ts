import {describe, expect, test} from 'vitest'
import {FALLBACK_DISCOUNTS} from '../../../src/pipeline/language-model/discounts.js'
import {arpaOf, contextsOf, estimate, plainModel, readPlain, sentencesOf, totalAfter, type Wanted} from './reference.js'

const train = sentencesOf('train.txt')

describe('the model is that of KenLM’s lmplz', () => {
  test.each<[string, string[][], Wanted]>([
    ['order-1.arpa', train, {order: 1, fallback: FALLBACK_DISCOUNTS}],
    ['order-3.arpa', train, {}],
    ['order-4-pruned.arpa', train, {order: 4, pruneCounts: [0, 0, 1, 2]}],
    ['few-fallback.arpa', train.slice(0, 14), {fallback: FALLBACK_DISCOUNTS}],
  ])('%s', (name, sentences, wanted) => {
    const expected = readPlain(name)
    const found = plainModel(arpaOf(estimate(sentences, wanted).model))
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [ngram, {log10, backoff}] of expected) {
      expect(found.get(ngram)?.log10, ngram).toBeCloseTo(log10, 5)
      expect(found.get(ngram)?.backoff, ngram).toBeCloseTo(backoff, 5)
    }
  })
})

describe('probabilities after every context sum to one', () => {
  const few = train.slice(0, 40)
  const fallback = FALLBACK_DISCOUNTS
  test.each<[string, Wanted]>([
    ['bigrams', {order: 2, fallback}],
    ['trigrams', {fallback}],
    ['with cutoffs', {fallback, pruneCounts: [0, 1, 2]}],
    ['with unknown words in the text', {fallback, vocabulary: ['the', 'old', 'sees', 'boat', 'submarine']}],
    ['with discounts of the user', {fallback: [0.1, 0.7, 2.5]}],
  ])('%s', (_, wanted) => {
    const model = plainModel(arpaOf(estimate(few, wanted).model))
    const contexts = contextsOf(model, wanted.order ?? 3)
    expect(contexts.length).toBeGreaterThan(3)
    for (const context of contexts) expect(totalAfter(model, context), context.join(' ')).toBeCloseTo(1, 5)
  })
})

test('words of the vocabulary that the text lacks are as likely as <unk> where that is not in the text either', () => {
  const words = new Set(train.flat())
  const model = plainModel(arpaOf(estimate(train, {vocabulary: [...words, 'submarine']}).model))
  expect(model.get('submarine')?.log10).toBe(model.get('<unk>')?.log10)
})

test('sentences shorter than the order count as far as they go', () => {
  const {model} = estimate([['a'], ['a'], ['b']], {order: 4, fallback: FALLBACK_DISCOUNTS})
  expect(model.levels.map(({words}) => words.length)).toEqual([5, 4, 2, 0])
  expect([...plainModel(arpaOf(model)).keys()]).toContain('<s> b </s>')
})

test.each<[string, string[][], RegExp]>([
  [
    'nothing comes once',
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    /1-grams cannot be estimated: there is none with the count/,
  ],
  ['a tiny text', [['a', 'b', 'c']], /discounts of the 1-grams/],
])('discounts that cannot be estimated are an error with a remedy: %s', (_, sentences, message) => {
  expect(() => estimate(sentences)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('--discount fallback'),
    }),
  )
})

test('tells which orders took the fallback', () => {
  const {discounts, counted} = estimate(train.slice(0, 14), {fallback: FALLBACK_DISCOUNTS})
  expect(discounts.map(({isFallback}) => isFallback)).toEqual([false, false, true])
  expect(discounts[2]?.discounts).toEqual(FALLBACK_DISCOUNTS)
  expect(counted).toHaveLength(3)
})
