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
