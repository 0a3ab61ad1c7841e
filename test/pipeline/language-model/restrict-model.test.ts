import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {readArpaModel} from '../../../src/pipeline/language-model/arpa-model.js'
import {mixModels} from '../../../src/pipeline/language-model/mix-models.js'
import {restrictModel, type WordLimits} from '../../../src/pipeline/language-model/restrict-model.js'
import {arpaOf, contextsOf, plainModel, readPlain, referencePath, totalAfter, wordsOf} from './reference.js'

const open = (name: string) => readArpaModel([readFileSync(referencePath(name))], name)
const model = await open('order-3.arpa')
const plain = readPlain('order-3.arpa')
const MARKS = ['<unk>', '<s>', '</s>']
const restricted = (limits: Omit<WordLimits, 'first'>) =>
  plainModel(arpaOf(restrictModel(model, {...limits, first: 0})))

describe('a model with only some of its words', () => {
  const listed = ['river', 'old', 'the', 'sees', 'zeppelin']
  const words = new Set([...listed, ...MARKS])
  const left = restricted({words: listed})

  test('has the n-grams of these words, and no other', () => {
    const stay = [...plain.keys()].filter(ngram => ngram.split(' ').every(word => words.has(word)))
    expect(stay.length).toBeGreaterThan(20)
    expect([...left.keys()].sort()).toEqual(stay.sort())
  })

  test('scales words by what is left of them, and leaves longer n-grams as they were', () => {
    const total = wordsOf(left).reduce((sum, word) => sum + 10 ** (plain.get(word)?.log10 ?? 0), 0)
    for (const [ngram, {log10}] of left) {
      if (ngram === '<s>') continue
      const before = plain.get(ngram)?.log10 ?? Number.NaN
      expect(log10, ngram).toBeCloseTo(ngram.includes(' ') ? before : before - Math.log10(total), 5)
    }
  })

  test('sums to one after every context', () => {
    for (const context of contextsOf(left, 3)) expect(totalAfter(left, context), context.join(' ')).toBeCloseTo(1, 5)
  })
})

describe('so many words', () => {
  const likeliest = wordsOf(plain)
    .filter(word => !MARKS.includes(word))
    .sort((a, b) => (plain.get(b)?.log10 ?? 0) - (plain.get(a)?.log10 ?? 0))

  test('are the likeliest', () => {
    expect(wordsOf(restricted({size: 10})).sort()).toEqual([...likeliest.slice(0, 10), '<unk>', '</s>'].sort())
  })

  test('are the likeliest of a list', () => {
    const rare = likeliest.slice(-4)
    expect(wordsOf(restricted({words: rare, size: 3})).sort()).toEqual([...rare.slice(0, 3), '<unk>', '</s>'].sort())
  })

  test('are first those with low numbers, however rare', async () => {
    const own = await open('held-out.arpa')
    const mixed = mixModels([
      {model: own, weight: 0.001},
      {model, weight: 0.999},
    ])
    const limits = {first: own.words.size, size: own.words.size - MARKS.length}
    expect(wordsOf(plainModel(arpaOf(restrictModel(mixed, limits)))).sort()).toEqual(
      wordsOf(readPlain('held-out.arpa')).sort(),
    )
  })
})
