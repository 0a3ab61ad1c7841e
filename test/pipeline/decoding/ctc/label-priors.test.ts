import {expect, test} from 'vitest'
import {withoutPriors} from '../../../../src/pipeline/decoding/ctc/label-priors.js'

const logs = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log)

test('what is expected counts for less, and a frame still sums to one', () => {
  const frames = logs(0.6, 0.3, 0.1, 0.2, 0.2, 0.6)
  const given = Float32Array.from(frames)
  const result = withoutPriors(frames, [0.8, 0.15, 0.05], 0.5)
  // 0.6 / √0.8, 0.3 / √0.15, 0.1 / √0.05 over their sum, and the same of the second frame.
  const expected = [0.6, 0.3, 0.1, 0.2, 0.2, 0.6].map(
    (value, index) => value / Math.sqrt([0.8, 0.15, 0.05][index % 3]!),
  )
  for (const start of [0, 3]) {
    const sum = expected.slice(start, start + 3).reduce((left, right) => left + right)
    for (let i = start; i < start + 3; i++) expect(Math.exp(result[i]!)).toBeCloseTo(expected[i]! / sum, 6)
  }
  expect(frames).toEqual(given)
})

test('the whole weight leaves what was heard over what was expected', () => {
  const result = withoutPriors(logs(0.8, 0.2), [0.8, 0.2], 1)
  expect([...result].map(Math.exp)).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)])
})

test('a label that is hardly ever expected is not made more likely without bound', () => {
  const [rare, never] = [1e-4, 0].map(prior => withoutPriors(logs(0.99, 0.01), [0.99, prior], 1))
  expect(never).toEqual(rare)
})

test('what cannot be stays so', () => {
  expect([...withoutPriors(Float32Array.of(0, Number.NEGATIVE_INFINITY), [0.5, 0.5], 0.3)]).toEqual([
    0,
    Number.NEGATIVE_INFINITY,
  ])
})
