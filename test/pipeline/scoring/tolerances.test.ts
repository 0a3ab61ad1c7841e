import {expect, test} from 'vitest'
import {createScorer} from '../../../src/pipeline/scoring/score-utterance.js'
import {longPair} from '../../support/scoring-pairs.js'
import {pairOf} from './pair-of.js'

const scorers = {
  none: createScorer({normalize: text => text}),
  compounds: createScorer({normalize: text => text, tolerances: {compounds: true}}),
  contractions: createScorer({normalize: text => text, tolerances: {contractions: true}}),
  both: createScorer({normalize: text => text, tolerances: {compounds: true, contractions: true}}),
}

test.each([
  ['compounds', 'ice cream', 'icecream', '=='],
  ['compounds', 'icecream', 'ice cream', '='],
  ['compounds', 'ice-cream', 'ice cream', '='],
  ['compounds', 'ice-cream', 'icecream', '='],
  ['compounds', 'an ice cream cream', 'an icecream cream', '===='],
  ['compounds', 'a while back', 'awhile ago', '==S'],
  ['compounds', 'i am here', "i'm here", 'SD='],
  ['compounds', 'an ice box', 'anice box', '==='],
  ['contractions', 'i am here', "i'm here", '==='],
  ['contractions', "i'm here", 'i am here', '=='],
  ['contractions', "I'M HERE", 'I AM HERE', '=='],
  ['contractions', 'he would go', 'he’d go', '==='],
  ['contractions', "can't stop", 'cannot stop', '=='],
  ['contractions', "won't stop", 'will not stop', '=='],
  ['contractions', 'ice cream', 'icecream', 'SD'],
  ['both', "i'm eating ice cream", 'i am eating icecream', '===='],
] as const)('with %s, “%s” heard as “%s” is %s', (name, reference, hypothesis, operations) => {
  expect(scorers[name](pairOf(reference, hypothesis)).words.operations).toBe(operations)
})

test('a tolerance changes nothing where there is nothing to tolerate', () => {
  for (let seed = 0; seed < 40; seed++) {
    const [reference, hypothesis] = longPair(60 * (1 + (seed % 5)), 8, 0.5, seed)
    const pair = pairOf(reference.join(' '), hypothesis.join(' '))
    expect(scorers.both(pair)).toEqual(scorers.none(pair))
  }
})

test.each([0, 1, 2, 3, 4, 5, 6, 7])('a long stretch full of errors is cut without a word twice, error %d of 8', at => {
  const reference = Array.from({length: 2020}, (_, index) => `w${index}`)
  const hypothesis = reference.map((word, index) => (index < 1997 && index % 8 === at ? `x${index}` : word))
  const pair = pairOf(reference.join(' '), hypothesis.join(' '))
  expect(scorers.both(pair)).toEqual(scorers.none(pair))
})

test('the reference, what it is divided by, and the characters stay as they are', () => {
  const pair = pairOf('we bought an ice cream for 2', 'we brought an icecream for two')
  const [plain, tolerant] = [scorers.none(pair), scorers.compounds(pair)]
  expect(tolerant.words.reference).toEqual(plain.words.reference)
  expect(tolerant.characters).toEqual(plain.characters)
  expect(tolerant.words.counts).toEqual({hits: 5, substitutions: 2, deletions: 0, insertions: 0})
  expect(tolerant.words.hypothesis).toEqual(['we', 'brought', 'an', 'ice', 'cream', 'for', 'two'])
})

test('compounds are found in a long recording too', () => {
  const [reference, hypothesis] = longPair(6000, 3000, 0.4, 3)
  for (let i = 0; i < 5; i++) {
    reference.splice(i * 1000, 0, 'data', 'base')
    hypothesis.splice(i * 1000, 0, 'database')
  }
  const pair = pairOf(reference.slice(0, 2).join(' '), 'database')
  expect(scorers.compounds(pair).words.operations).toBe('==')
  const long = pairOf(reference.join(' '), hypothesis.join(' '))
  const errorsOf = (name: 'none' | 'compounds') => {
    const {substitutions, deletions, insertions} = scorers[name](long).words.counts
    return substitutions + deletions + insertions
  }
  expect(errorsOf('compounds')).toBeLessThan(errorsOf('none'))
})

test('tolerances and alternatives together are refused', () => {
  expect(() => createScorer({normalize: text => text, tolerances: {compounds: true}, alternatives: {}})).toThrow(
    /Tolerances cannot be used/,
  )
})
