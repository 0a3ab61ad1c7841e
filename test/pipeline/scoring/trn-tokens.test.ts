import {expect, test} from 'vitest'
import {createScorer} from '../../../src/pipeline/scoring/score-utterance.js'
import {trnTokens} from '../../../src/pipeline/scoring/trn-tokens.js'
import {pairOf} from './pair-of.js'

test('words, choices in each other and optional words', () => {
  expect(trnTokens('he said { um / uh { oh / @ } } (you) know', {optionalWords: true})).toEqual([
    {kind: 'text', text: 'he said'},
    {
      kind: 'choice',
      choices: [
        [{kind: 'text', text: 'um'}],
        [
          {kind: 'text', text: 'uh'},
          {kind: 'choice', choices: [[{kind: 'text', text: 'oh'}], [{kind: 'choice', choices: [[]]}]]},
        ],
      ],
    },
    {kind: 'optional', text: 'you'},
    {kind: 'text', text: 'know'},
  ])
})

test.each([
  ['{ a / b', /not closed/],
  ['{ / }', /no alternative/],
])('“%s” is refused', (text, message) => {
  expect(() => trnTokens(text)).toThrow(message)
})

test.each([
  ['i { am / was } here', 'i was here', '==='],
  ['i { am / @ } here', 'i here', '=='],
  ['i am { right / over } here', 'I AM HERE', '==D='],
])('with the normalizer, “%s” heard as “%s” is %s', (reference, hypothesis, operations) => {
  const score = createScorer({normalize: text => text.toLowerCase(), alternatives: {}})
  expect(score(pairOf(reference, hypothesis)).words.operations).toBe(operations)
})

test.each(['unit', 'sclite'] as const)('nothing is no word of the reference, with the weights %s', weights => {
  const score = createScorer({normalize: text => text, weights, alternatives: {}})
  expect(score(pairOf('hello @', 'hello you')).words).toMatchObject({operations: '=I', reference: ['hello']})
  expect(score(pairOf('hello you', 'hello @')).words).toMatchObject({operations: '=D', hypothesis: ['hello']})
})

test('an optional word that is missing is no error of words, and none of characters', () => {
  const score = createScorer({normalize: text => text, alternatives: {optionalWords: true}})
  const {words, characters} = score(pairOf('(uh) hello', 'hello'))
  expect(words.operations).toBe('==')
  expect(characters).toEqual({hits: 5, substitutions: 0, deletions: 0, insertions: 0})
})
