import {describe, expect, test} from 'vitest'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {clusteredVariance, designEffect} from '../../../src/pipeline/statistics/clustered-variance.js'
import {detectableDifference} from '../../../src/pipeline/statistics/detectable-difference.js'
import {normalQuantile} from '../../../src/pipeline/statistics/normal.js'
import {studentTCdf} from '../../../src/pipeline/statistics/student-t.js'
import {reference, referenceItems} from './reference.js'

const golden = reference('bootstrap')

test('the variance by speaker is that of statsmodels’ cluster-robust regression', () => {
  expect(clusteredVariance(referenceItems)?.variance).toBeCloseTo(golden.variance, 12)
  expect(designEffect(referenceItems)).toBeCloseTo(golden.designEffect, 10)
})

test('the design effect is 1 where every utterance has a speaker of its own', () =>
  expect(designEffect(referenceItems.map((item, index) => ({...item, unit: String(index)})))).toBeCloseTo(1, 12))

describe('the smallest difference to be seen', () => {
  test.each<number[]>(golden.detectable)(
    'at level %d with power %d and correlation %d',
    (level, power, correlation, wer) => {
      const found = detectableDifference(referenceItems, {level, power, correlation})
      expect(found).toMatchObject({level, power, correlation, units: 23})
      expect(found?.wer).toBeCloseTo(wer!, 11)
    },
  )

  test.each([
    ['of one unit', referenceItems.slice(0, 1)],
    [
      'without words',
      [
        {unit: 'a', errors: 0, length: 0},
        {unit: 'b', errors: 0, length: 0},
      ],
    ],
  ])('is unknown %s', (_, items) => expect(detectableDifference(items)).toBeNull())

  test('is found by four paired t-tests of five, as its power says', () => {
    const [units, rho, sd, length] = [33, 0.7, 0.03, 1000]
    const random = seededRandom('power')
    const normal = () => normalQuantile(Math.max(random(), 1e-12))
    // Deviations of units whose variance is exactly sd².
    const raw = Array.from({length: units}, normal)
    const mean = raw.reduce((sum, value) => sum + value, 0) / units
    const spread = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (units - 1))
    const items = raw.map((value, unit) => ({
      unit: String(unit),
      errors: length * (0.2 + (sd * (value - mean)) / spread),
      length,
    }))
    const effect = detectableDifference(items, {correlation: rho})?.wer ?? 0
    let found = 0
    for (let trial = 0; trial < 600; trial++) {
      const differences = Array.from({length: units}, () => effect + sd * Math.sqrt(2 * (1 - rho)) * normal())
      const average = differences.reduce((sum, value) => sum + value, 0) / units
      const squares = differences.reduce((sum, value) => sum + (value - average) ** 2, 0)
      const t = average / Math.sqrt(squares / (units - 1) / units)
      if (2 * (1 - studentTCdf(Math.abs(t), units - 1)) < 0.05) found++
    }
    expect(found / 600).toBeGreaterThan(0.75)
    expect(found / 600).toBeLessThan(0.85)
  })
})
