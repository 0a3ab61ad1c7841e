import {describe, expect, test} from 'vitest'
import {percentile} from '../../../src/pipeline/statistics/percentiles.js'
import {reference} from './reference.js'

describe('percentiles are numpy’s', () => {
  const cases: {values: number[]; percentiles: [number, number][]}[] = reference('percentiles')
  test.each(cases)('of $values', ({values, percentiles}) => {
    for (const [percent, expected] of percentiles) expect(percentile(values, percent)).toBeCloseTo(expected, 14)
  })
})

test('the values stay in their order', () => {
  const values = [3, 1, 2]
  expect(percentile(values, 50)).toBe(2)
  expect(values).toEqual([3, 1, 2])
})

test('there is none of no values', () => expect(() => percentile([], 50)).toThrow(RangeError))
