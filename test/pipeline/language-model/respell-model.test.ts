import {expect, test} from 'vitest'
import {respellModel} from '../../../src/pipeline/language-model/respell-model.js'
import {arpaOf, estimate, plainModel} from './reference.js'

const {model} = estimate(
  [
    ['old', 'river'],
    ['the', 'I', 'i'],
  ],
  {order: 2, fallback: [0.5, 1, 1.5]},
)

test('words are spelled anew, marks are not, and numbers stay', () => {
  const before = plainModel(arpaOf(model))
  const after = plainModel(arpaOf(respellModel(model, word => `${word}’`, 'a.arpa')))
  const marks = /^(<s>|<\/s>|<unk>)$/
  const spelled = (ngram: string) => ngram.replaceAll(/\S+/g, word => (marks.test(word) ? word : `${word}’`))
  expect([...after]).toEqual([...before].map(([ngram, numbers]) => [spelled(ngram), numbers]))
  expect(after.has('old’ river’')).toBe(true)
})

test('two words must not become one', () => {
  expect(() => respellModel(model, word => word.toUpperCase(), 'a.arpa')).toThrow(
    expect.objectContaining({
      code: 'MODEL_INVALID',
      message: 'a.arpa: the words I and i become one.',
      hint: expect.stringContaining('--case keep'),
    }),
  )
})
