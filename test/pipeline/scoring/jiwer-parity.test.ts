import {createHash} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {createAligner} from '../../../src/pipeline/scoring/align-words.js'
import {createCharacterCounter} from '../../../src/pipeline/scoring/count-characters.js'
import type {ErrorCounts} from '../../../src/pipeline/scoring/error-counts.js'
import {splitWords} from '../../../src/pipeline/scoring/split-words.js'
import {LONG_PAIRS, longPair, PAIR_COUNT, scoringPairs} from '../../support/scoring-pairs.js'

const expected = readFileSync(new URL('../../data/jiwer-reference/counts.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')

const digest = (operations: string) => createHash('sha256').update(operations).digest('base64').slice(0, 6)
const errors = ({substitutions, deletions, insertions}: ErrorCounts) => `${substitutions} ${deletions} ${insertions}`

test('10,400 random and adversarial pairs have the counts and the operations that jiwer has', () => {
  const align = createAligner()
  const countCharacters = createCharacterCounter()
  const wrong: unknown[] = []
  let index = 0
  for (const {reference, hypothesis} of scoringPairs()) {
    const words = align(splitWords(reference), splitWords(hypothesis))
    const characters = countCharacters(reference, hypothesis)
    const line = `${errors(words.counts)} ${digest(words.operations)} ${errors(characters)}`
    if (line !== expected[index]) wrong.push({index, reference, hypothesis, line, expected: expected[index]})
    index++
  }
  expect(index).toBe(PAIR_COUNT)
  expect(wrong.slice(0, 5)).toEqual([])
}, 300_000)

test.each(LONG_PAIRS.map((shape, index) => [index, ...shape] as const))(
  'long pair %i (%i words, %i distinct, errors %f) has the operations that jiwer has',
  (index, length, distinct, rate) => {
    const [reference, hypothesis] = longPair(length, distinct, rate, index)
    const words = createAligner()(reference, hypothesis)
    const characters = createCharacterCounter()(reference.join(' '), hypothesis.join(' '))
    expect(`${errors(words.counts)} ${digest(words.operations)} ${errors(characters)}`).toBe(
      expected[PAIR_COUNT + index],
    )
  },
  300_000,
)
