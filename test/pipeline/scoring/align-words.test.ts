import {expect, test} from 'vitest'
import {alignWords, createAligner, SCLITE_WEIGHTS} from '../../../src/pipeline/scoring/align-words.js'
import {longPair} from '../../support/scoring-pairs.js'

const split = (text: string) => text.split(' ').filter(word => word !== '')

test.each([
  ['', '', ''],
  ['', 'a b', 'II'],
  ['a b', '', 'DD'],
  ['a b c', 'a b c', '==='],
  ['a b c d', 'a x c d e', '=S==I'],
  ['a b', 'b', 'D='],
])('“%s” heard as “%s” is %s', (reference, hypothesis, operations) => {
  expect(alignWords(split(reference), split(hypothesis)).operations).toBe(operations)
  expect(alignWords(split(reference), split(hypothesis), SCLITE_WEIGHTS).operations).toBe(operations)
})

test("sclite's weights prefer a word left out and one put in between right words over two taken for others", () => {
  const [reference, hypothesis] = [split('a b c d'), split('b c d e')]
  expect(alignWords(reference, hypothesis).operations).toBe('D===I')
  expect(alignWords(split('x a b'), split('a y b'), SCLITE_WEIGHTS).operations).toBe('D=I=')
  expect(alignWords(split('x a b'), split('a y b')).operations).toBe('SS=')
})

test('words such as __proto__ and constructor are words', () => {
  expect(alignWords(['__proto__', 'constructor'], ['constructor']).operations).toBe('D=')
})

test('an aligner gives for a pair what it gives without the pairs before it', () => {
  const align = createAligner()
  for (const [i, length] of [300, 20, 1000, 70, 33, 2500, 40].entries()) {
    const [reference, hypothesis] = longPair(length, 12, 0.4, i)
    expect(align(reference, hypothesis)).toEqual(alignWords(reference, hypothesis))
  }
})

test.each([
  ['without weights', undefined],
  ["with sclite's weights", SCLITE_WEIGHTS],
])('memory grows with the words of a pair, not with their square, %s', (_, weights) => {
  const [reference, hypothesis] = longPair(weights === undefined ? 100_000 : 30_000, 5000, 0.03, 1)
  const before = process.memoryUsage().arrayBuffers
  const {counts} = alignWords(reference, hypothesis, weights)
  const megabytes = (process.memoryUsage().arrayBuffers - before) / 2 ** 20
  expect(counts.hits + counts.substitutions + counts.deletions).toBe(reference.length)
  // 100,000 × 100,000 cells of two bits would be 2,400 MB.
  expect(megabytes).toBeLessThan(200)
})
