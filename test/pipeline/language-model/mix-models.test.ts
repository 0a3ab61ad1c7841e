import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpaModel} from '../../../src/pipeline/language-model/arpa-model.js'
import type {BackoffModel} from '../../../src/pipeline/language-model/backoff-model.js'
import {mixModels} from '../../../src/pipeline/language-model/mix-models.js'
import {
  arpaOf,
  contextsOf,
  estimate,
  type PlainModel,
  plainModel,
  plainScore,
  readPlain,
  referencePath,
  sentencesOf,
  totalAfter,
} from './reference.js'

const open = (name: string): Promise<BackoffModel> => readArpaModel([readFileSync(referencePath(name))], name)

async function mix(weights: Readonly<Record<string, number>>): Promise<PlainModel> {
  const components = Object.entries(weights).map(async ([name, weight]) => ({model: await open(name), weight}))
  return plainModel(arpaOf(mixModels(await Promise.all(components))))
}

test('the mix of two models is that of SRILM, backoffs too', async () => {
  const mixed = await mix({'order-3.arpa': 0.7, 'held-out.arpa': 0.3})
  const expected = readPlain('mixed.arpa')
  expect([...mixed.keys()].sort()).toEqual([...expected.keys()].sort())
  for (const [ngram, {log10, backoff}] of expected) {
    expect(mixed.get(ngram)?.log10, ngram).toBeCloseTo(log10, 5)
    expect(mixed.get(ngram)?.backoff, ngram).toBeCloseTo(backoff, 5)
  }
})

describe('models of different orders and words', async () => {
  const weights = {'held-out.arpa': 0.2, 'order-4-pruned.arpa': 0.5, 'order-1.arpa': 0.3}
  const mixed = await mix(weights)
  const models = Object.keys(weights).map(readPlain)

  test('there is each n-gram of each model, and no other', () => {
    expect(new Set(mixed.keys())).toEqual(new Set(models.flatMap(model => [...model.keys()])))
  })

  test('an n-gram has the weighted sum of what the models give it', () => {
    for (const [ngram, {log10}] of mixed) {
      const words = ngram.split(' ')
      const word = words.pop() ?? ''
      const parts = models.map(model => (model.has(word) ? 10 ** plainScore(model, words, word) : 0))
      const sum = parts.reduce((total, part, index) => total + part * (Object.values(weights)[index] ?? 0), 0)
      expect(log10, ngram).toBeCloseTo(Math.log10(sum), 5)
    }
  })

  test('probabilities after every context sum to one', () => {
    const contexts = contextsOf(mixed, 4)
    expect(contexts.length).toBeGreaterThan(1000)
    for (const context of contexts) expect(totalAfter(mixed, context), context.join(' ')).toBeCloseTo(1, 5)
  })
})

test('what stands before a word is <unk> to a model that does not have it', () => {
  const small = estimate(sentencesOf('train.txt'), {
    order: 2,
    vocabulary: ['the', 'old', 'river'],
    fallback: [0.5, 1, 1.5],
  })
  const large = estimate(sentencesOf('train.txt'), {order: 2})
  const mixed = plainModel(
    arpaOf(
      mixModels([
        {model: small.model, weight: 0.25},
        {model: large.model, weight: 0.75},
      ]),
    ),
  )
  const [inSmall, inLarge] = [small, large].map(({model}) => plainModel(arpaOf(model))) as [PlainModel, PlainModel]
  expect(inSmall.get('<unk> the')?.log10).toBeGreaterThan(plainScore(inSmall, [], 'the'))
  const expected =
    0.25 * 10 ** plainScore(inSmall, ['<unk>'], 'the') + 0.75 * 10 ** plainScore(inLarge, ['sees'], 'the')
  expect(10 ** (mixed.get('sees the')?.log10 ?? Number.NaN)).toBeCloseTo(expected, 6)
  expect(10 ** (mixed.get('sees')?.log10 ?? Number.NaN)).toBeCloseTo(0.75 * 10 ** (inLarge.get('sees')?.log10 ?? 0), 6)
})

test('words of the first model keep their numbers', async () => {
  const [first, second] = [await open('held-out.arpa'), await open('order-3.arpa')]
  const mixed = mixModels([
    {model: first, weight: 0.5},
    {model: second, weight: 0.5},
  ])
  for (let word = 0; word < first.words.size; word++) expect(mixed.words.text(word)).toBe(first.words.text(word))
  expect(mixed.words.size).toBe(71)
})
