import {expect, test} from 'vitest'
import {breakDown} from '../../../src/pipeline/scoring/breakdowns.js'
import {collapseOf, isRepetitive} from '../../../src/pipeline/scoring/collapse.js'
import {errorListsOf} from '../../../src/pipeline/scoring/error-lists.js'
import {createScorer} from '../../../src/pipeline/scoring/score-utterance.js'
import {worstOf} from '../../../src/pipeline/scoring/worst.js'
import {pairOf} from './pair-of.js'

const score = createScorer({normalize: text => text})

test('error lists have the most frequent first, and words of the same count by their letters', () => {
  const scores = [score(pairOf('a b c', 'x b y')), score(pairOf('a c b', 'x d b z')), score(pairOf('b', ''))]
  expect(errorListsOf(scores, 2)).toEqual({
    confusions: [
      {reference: 'a', hypothesis: 'x', count: 2},
      {reference: 'c', hypothesis: 'd', count: 1},
    ],
    substituted: [
      {word: 'a', count: 2},
      {word: 'c', count: 2},
    ],
    deleted: [{word: 'b', count: 1}],
    inserted: [{word: 'z', count: 1}],
  })
})

test.each([
  ['thank you thank you thank you thank you', true],
  ['no no no no no no no', false],
  ['no no no no no no no no', true],
  ['and so we went and so we went and so we went home', true],
  ['and so we went and so we went home', false],
  ['the cat sat on the mat and the dog sat on the cat', false],
  ['はい'.repeat(12), true],
  ['', false],
])('“%s” repeats itself: %s', (text, expected) => {
  expect(isRepetitive(text.split(' '))).toBe(expected)
})

test('collapse counts empty and circling hypotheses, but not what the reference repeats too', () => {
  const loop = 'go on '.repeat(6).trim()
  const scores = [
    ['a b', ''],
    ['', ''],
    ['a b', loop],
    [loop, loop],
  ] as const
  expect(collapseOf(scores.map(([a, b]) => score(pairOf(a, b))))).toEqual({
    emptyRate: 1 / 4,
    repetitionRate: 1 / 4,
    insertionRate: 10 / 16,
  })
  expect(collapseOf([])).toEqual({emptyRate: null, repetitionRate: null, insertionRate: null})
})

test('breakdowns group by speaker, length and any column, with what has no value last', () => {
  const scores = [
    score(pairOf('a b', 'a c', {speaker: 'zoe', durationSeconds: 2, columns: {accent: 'scots'}})),
    score(pairOf('a', 'a', {speaker: 'adam', durationSeconds: 31, columns: {accent: ''}})),
    score(pairOf('a', '', {durationSeconds: 1.5})),
    score(pairOf('a', 'a', {speaker: 'zoe', columns: {accent: 'scots'}})),
  ]
  const groups = breakDown(scores, ['speaker', 'length', 'accent'], () => null)
  const short = groups.map(({by, groups}) => [by, groups.map(g => [g.value, g.utterances, g.audioSeconds, g.wer])])
  expect(short).toEqual([
    [
      'speaker',
      [
        ['adam', 1, 31, 0],
        ['zoe', 2, null, 1 / 3],
        ['(none)', 1, 1.5, 1],
      ],
    ],
    [
      'length',
      [
        ['0–2', 1, 1.5, 1],
        ['2–5', 1, 2, 0.5],
        ['30+', 1, 31, 0],
        ['(none)', 1, null, 0],
      ],
    ],
    [
      'accent',
      [
        ['scots', 2, null, 1 / 3],
        ['(none)', 2, 32.5, 0.5],
      ],
    ],
  ])
})

test('the worst have the most errors, then the higher rate', () => {
  const scores = [
    score(pairOf('a b c d', 'a b x y', {id: 'two of four'})),
    score(pairOf('a b', '', {id: 'two of two', audio: '/x.wav'})),
    score(pairOf('a', 'a', {id: 'right'})),
    score(pairOf('a b c', 'x y z', {id: 'three'})),
  ]
  expect(worstOf(scores, 3).map(({id}) => id)).toEqual(['three', 'two of two', 'two of four'])
  expect(worstOf(scores, 9)).toHaveLength(3)
})
