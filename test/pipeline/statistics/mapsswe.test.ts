import {describe, expect, test} from 'vitest'
import {mapsswe} from '../../../src/pipeline/statistics/mapsswe.js'
import {sentenceSegments} from '../../../src/pipeline/statistics/sentence-segments.js'
import {reference} from './reference.js'

interface Reference {
  readonly pairs: [string, string][]
  readonly errors: [number, number]
  readonly segments: number
  readonly mean: number
  readonly deviation: number
  readonly z: number
  readonly different: boolean
}

describe('equal to sc_stats', () => {
  const cases: Reference[] = reference('mapsswe')
  test.each(cases)('on $segments segments with errors $errors', golden => {
    const pairs = golden.pairs.map(([first, second]) => ({first, second}))
    const segments = golden.pairs.flatMap(([first, second]) => sentenceSegments(first, second) ?? [])
    expect(segments.reduce((sum, {first}) => sum + first, 0)).toBe(golden.errors[0])
    expect(segments.reduce((sum, {second}) => sum + second, 0)).toBe(golden.errors[1])
    const result = mapsswe(pairs)
    expect(result.segments).toBe(golden.segments)
    // sc_stats prints three decimals, and the mean of first − second.
    expect(Math.abs(result.meanDifference + golden.mean)).toBeLessThan(0.00051)
    expect(Math.abs(result.standardDeviation - golden.deviation)).toBeLessThan(0.00051)
    expect(Math.abs((result.z ?? 0) + golden.z)).toBeLessThan(0.00051)
    expect(result.significant).toBe(golden.different)
    expect(result.wholeUtterances).toBe(0)
  })
})

describe('segments', () => {
  test.each([
    ['no errors', '====', '====', []],
    ['nothing at all', '', '', []],
    ['an error of one', '==S==', '=====', [{first: 1, second: 0}]],
    ['one right word between does not part', 'S=S==', '=====', [{first: 2, second: 0}]],
    [
      'two do',
      'S==S',
      '====',
      [
        {first: 1, second: 0},
        {first: 1, second: 0},
      ],
    ],
    ['both must be right', 'S=====', '==S===', [{first: 1, second: 1}]],
    ['an insertion between the two joins', 'S=I=S', '====', [{first: 3, second: 0}]],
    [
      'an insertion of the other too',
      'S===S',
      '===I==',
      [
        {first: 1, second: 0},
        {first: 1, second: 1},
      ],
    ],
    ['insertions after the last word', '==', '==II', [{first: 0, second: 2}]],
    ['insertions without a reference', 'I', '', [{first: 1, second: 0}]],
  ])('%s', (_, first, second, expected) => expect(sentenceSegments(first, second)).toEqual(expected))

  test('cannot be cut where references differ in length', () => expect(sentenceSegments('==', '===')).toBeUndefined())
})

describe('what sc_stats has no answer to', () => {
  test('utterances whose references differ in length are one segment each', () => {
    const result = mapsswe([
      {first: '=S=====S', second: '======='},
      {first: '===', second: '===='},
    ])
    expect(result).toMatchObject({segments: 1, wholeUtterances: 2, meanDifference: -2})
  })

  test('one error more in every segment is significant, though nothing varies', () => {
    const pairs = Array.from({length: 30}, () => ({first: '=====', second: '==S=='}))
    expect(mapsswe(pairs)).toMatchObject({segments: 30, z: null, p: 2 ** -29, significant: true})
    expect(mapsswe(pairs.slice(0, 3))).toMatchObject({p: 0.25, significant: false})
  })

  test.each([[[]], [[{first: '==', second: '=='}]], [[{first: '=S', second: '=S'}]]])(
    'systems that do not differ have p = 1: %j',
    pairs => expect(mapsswe(pairs)).toMatchObject({z: null, p: 1, significant: false, meanDifference: 0}),
  )

  test('the level decides', () => {
    const pairs = Array.from({length: 7}, () => ({first: '=', second: 'S'}))
    expect(mapsswe(pairs).significant).toBe(true)
    expect(mapsswe(pairs, {level: 0.01})).toMatchObject({significant: false, level: 0.01})
  })
})
