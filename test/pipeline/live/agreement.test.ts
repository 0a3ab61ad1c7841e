import {describe, expect, test} from 'vitest'
import {agree, createAgreement, wordsOf} from '../../../src/pipeline/live/agreement.js'

describe('agreement', () => {
  test.each([
    ['', 'and so', ''],
    ['and so', 'and so my', 'and so'],
    ['And so, my', 'and so my fellow', 'and so my'],
    ['and so my fell', 'and so my fellow', 'and so my'],
    ['and so my fellow', 'and so', 'and so'],
    ['ask what', 'and what', ''],
    ['a — b', 'a — c', 'a —'],
    ['a — b', 'a … b', 'a'],
  ])('of %j and %j is %j', (previous, current, agreed) => {
    expect(agree(wordsOf(previous), wordsOf(current)).join(' ')).toBe(agreed)
  })

  test('makes firm what two hypotheses in a row say, and takes nothing back', () => {
    const follow = createAgreement()
    const said = [
      'the cat',
      'the cat sat',
      'the cat sad on',
      'a cat sat on',
      'the cat sat on the',
      'the cat sat on the mat',
    ]
    expect(said.map(text => follow(wordsOf(text)))).toEqual([
      {firm: '', tentative: 'the cat'},
      {firm: 'the cat', tentative: 'sat'},
      {firm: 'the cat', tentative: 'sad on'},
      {firm: 'the cat', tentative: 'sat on'},
      {firm: 'the cat', tentative: 'sat on the'},
      {firm: 'the cat sat on the', tentative: 'mat'},
    ])
  })
})
