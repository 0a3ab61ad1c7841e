import {expect, test} from 'vitest'
import {NO_ERRORS} from '../../../src/pipeline/scoring/error-counts.js'
import {measuresOf, sumScores} from '../../../src/pipeline/scoring/measures.js'
import {createScorer} from '../../../src/pipeline/scoring/score-utterance.js'
import {pairOf} from './pair-of.js'

const score = createScorer({normalize: text => text})
const measure = (...pairs: [string, string][]) => measuresOf(sumScores(pairs.map(pair => score(pairOf(...pair)))))

test("the measures are jiwer's over the sum of all utterances", () => {
  const {wer, mer, wil, wip, cer, sentenceAccuracy} = measure(
    ['short one here', 'shoe order one'],
    ['quite a bit of longer sentence', 'quite bit of an even longest sentence here'],
    ['yes', 'yes'],
  )
  expect({wer, mer}).toEqual({wer: 8 / 10, mer: 8 / 14})
  expect(wip).toBeCloseTo((6 / 10) * (6 / 12), 12)
  expect(wil).toBeCloseTo(1 - (6 / 10) * (6 / 12), 12)
  expect(cer).toBeCloseTo(25 / 47, 12)
  expect(sentenceAccuracy).toBe(1 / 3)
})

test.each([
  ['nothing said, nothing heard', '', '', {wer: 0, mer: 0, wil: 0, wip: 1, cer: 0, wordAccuracy: 1}],
  ['nothing said, two words heard', '', 'a b', {wer: 2, mer: 1, wil: 1, wip: 0, cer: 3, wordAccuracy: -1}],
  ['two words said, nothing heard', 'a b', ' ', {wer: 1, mer: 1, wil: 1, wip: 0, cer: 1, wordAccuracy: 0}],
])('%s: as jiwer has it', (_, reference, hypothesis, expected) => {
  expect(measure([reference, hypothesis])).toMatchObject(expected)
})

test('without an utterance there is no rate', () => {
  const none = measuresOf({words: NO_ERRORS, characters: NO_ERRORS, utterances: 0, correct: 0})
  expect(new Set(Object.values(none))).toEqual(new Set([null]))
})
