import {expect, test} from 'vitest'
import {grammarLogProbability, labelGrammar} from '../../../src/pipeline/training/label-grammar.js'

const SEQUENCES = [[1, 2, 3], [1, 2, 1], [1, 2, 3, 3], [2]]

test('what follows two labels sums to 1, and nothing is impossible but the blank', () => {
  const {classes, probabilities} = labelGrammar(SEQUENCES, 5)
  for (let row = 0; row < probabilities.length; row += classes) {
    const next = [...probabilities.subarray(row, row + classes)]
    expect(next[0]).toBe(0)
    expect(next.slice(1).every(value => value > 0)).toBe(true)
    expect(next.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12)
  }
})

test('trigrams are discounted, and what that leaves goes to bigrams, unigrams and all alike', () => {
  const {probabilities} = labelGrammar(
    [
      [1, 2],
      [1, 1, 2],
    ],
    3,
  )
  // By hand. No unigram is counted once, so that half a count is taken; elsewhere n1 ∕ (n1 + 2 n2).
  const uniform = 1 / 2
  const first = (3 - 0.5) / 5 + ((0.5 * 2) / 5) * uniform
  const second = (2 - 0.5) / 5 + ((0.5 * 2) / 5) * uniform
  expect(first + second).toBeCloseTo(1, 12)
  // Bigrams: start 1 twice; 1 1 once, 1 2 twice: n1 = 1, n2 = 2.
  const discount = 1 / 5
  const afterStart = (2 - discount) / 2 + (discount / 2) * first
  const bigram = (2 - discount) / 3 + ((2 * discount) / 3) * second
  // Trigrams: start start 1 twice; start 1 2, start 1 1 and 1 1 2 once: n1 = 3, n2 = 1.
  const deep = 3 / 5
  const expected = Math.log((2 - deep) / 2 + (deep / 2) * afterStart) + Math.log((1 - deep) / 2 + deep * bigram)
  expect(grammarLogProbability({classes: 3, probabilities}, [1, 2])).toBeCloseTo(expected, 12)
})

test('a text said by many counts once', () => {
  const once = labelGrammar(SEQUENCES, 5)
  expect(labelGrammar([...SEQUENCES, ...SEQUENCES, [1, 2, 3]], 5)).toEqual(once)
})
