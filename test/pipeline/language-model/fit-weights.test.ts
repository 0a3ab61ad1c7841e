import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {readArpa} from '../../../src/pipeline/decoding/ctc/arpa.js'
import {weightFitter} from '../../../src/pipeline/language-model/fit-weights.js'
import {referencePath, sentencesOf} from './reference.js'

const fitter = async (...names: readonly string[]) =>
  weightFitter(await Promise.all(names.map(name => readArpa([readFileSync(referencePath(name))], name))))

test.each([
  ['held-out.txt', ['order-1.arpa', 'few-fallback.arpa'], [0.732348, 0.267652]],
  ['train.txt', ['order-1.arpa', 'few-fallback.arpa', 'held-out.arpa'], [0.146765, 0.170071, 0.683164]],
])('on %s the weights of %j are those of SRILM', async (text, names, expected) => {
  const fitted = await fitter(...names)
  for (const sentence of sentencesOf(text)) fitted.add(sentence)
  const weights = fitted.weights() ?? []
  expect(weights.length).toBe(expected.length)
  for (const [index, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[index] ?? Number.NaN, 4)
})

test('without a word that a model has there are none', async () => {
  const fitted = await fitter('order-1.arpa', 'order-3.arpa')
  expect(fitted.weights()).toBeUndefined()
  fitted.add(['submarine'])
  expect(fitted.weights()).toBeUndefined()
})
