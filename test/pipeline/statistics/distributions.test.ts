import {describe, expect, test} from 'vitest'
import {binomialCdf} from '../../../src/pipeline/statistics/binomial.js'
import {normalCdf, normalQuantile, normalSurvival} from '../../../src/pipeline/statistics/normal.js'
import {studentTCdf, studentTQuantile} from '../../../src/pipeline/statistics/student-t.js'
import {reference} from './reference.js'

const golden: Record<string, number[][]> = reference('distributions')

/** Within a share of the value itself, so that far tails count too. */
const close = (actual: number, expected: number, share: number) =>
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(share * Math.abs(expected))

describe('distributions are SciPy’s', () => {
  test.each(golden.normal!)('normal at %d', (x, cdf, survival) => {
    close(normalCdf(x!), cdf!, 1e-12)
    close(normalSurvival(x!), survival!, 1e-12)
  })
  test.each(golden.normalQuantile!)('normal quantile of %d', (p, x) => {
    if (p === 0.5) expect(normalQuantile(p)).toBe(0)
    else close(normalQuantile(p!), x!, 1e-11)
  })
  test.each(golden.studentT!)('t at %d with %d degrees of freedom', (t, df, cdf) =>
    close(studentTCdf(t!, df!), cdf!, 1e-11),
  )
  test.each(golden.studentTQuantile!)('t quantile of %d with %d degrees of freedom', (p, df, t) => {
    if (p === 0.5) expect(studentTQuantile(p, df!)).toBe(0)
    else close(studentTQuantile(p!, df!), t!, 1e-9)
  })
  test.each(golden.binomial!)('binomial at %d of %d with %d', (k, n, p, cdf) =>
    close(binomialCdf(k!, n!, p!), cdf!, 1e-10),
  )
})

test.each([
  [0, Number.NEGATIVE_INFINITY],
  [1, Number.POSITIVE_INFINITY],
  [1.1, Number.NaN],
])('the normal quantile of %d is %d', (p, x) => expect(normalQuantile(p)).toBe(x))
