import {describe, expect, test} from 'vitest'
import {mcNemar} from '../../../src/pipeline/statistics/mcnemar.js'
import {reference} from './reference.js'

describe('McNemar’s p is that of statsmodels', () => {
  const cases: [number, number, number][] = reference('mcnemar')
  test.each(cases)('%d against %d', (firstOnly, secondOnly, p) => {
    const result = mcNemar({firstOnly, secondOnly})
    expect(result.p).toBeCloseTo(p, 12)
    expect(result.method).toBe(firstOnly + secondOnly <= 25 ? 'exact' : 'chi-squared')
    expect(result.significant).toBe(p < 0.05)
  })
})

test.each([
  [0, 0],
  [4, 4],
  [50, 50],
])('%d against %d is no difference at all', (firstOnly, secondOnly) =>
  expect(mcNemar({firstOnly, secondOnly})).toMatchObject({p: 1, significant: false}),
)

test('the level decides what is significant', () => {
  expect(mcNemar({firstOnly: 5, secondOnly: 17}).significant).toBe(true)
  expect(mcNemar({firstOnly: 5, secondOnly: 17}, {level: 0.01}).significant).toBe(false)
})
