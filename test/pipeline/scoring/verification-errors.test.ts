import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {equalErrorRate, minimumDetectionCost} from '../../../src/pipeline/scoring/verification-errors.js'

interface Golden {
  readonly verification: readonly {
    readonly targets: readonly number[]
    readonly impostors: readonly number[]
    readonly eer: number
    readonly costs: Readonly<Record<string, number>>
  }[]
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../data/training-reference/classification/classification.json', import.meta.url), 'utf8'),
)

describe('errors of verification are those of scikit-learn’s ROC curve', () => {
  test.each(golden.verification)(
    'of $targets.length targets and $impostors.length impostors',
    ({eer, costs, ...trials}) => {
      expect(equalErrorRate(trials)).toBeCloseTo(eer, 9)
      for (const [prior, cost] of Object.entries(costs))
        expect(minimumDetectionCost(trials, Number(prior))).toBeCloseTo(cost, 9)
    },
  )
})

test.each([
  ['scores that tell all apart', {targets: [0.9, 0.8], impostors: [0.1, 0.2]}, 0, 0],
  ['scores that are all alike', {targets: [0.5, 0.5], impostors: [0.5, 0.5]}, 0.5, 1],
  ['scores the wrong way round', {targets: [0, 0.1], impostors: [0.8, 0.9]}, 1, 1],
])('%s', (_, trials, eer, cost) => {
  expect(equalErrorRate(trials)).toBeCloseTo(eer, 12)
  expect(minimumDetectionCost(trials, 0.5)).toBeCloseTo(cost, 12)
})

test.each([
  ['targets', {targets: [], impostors: [1]}],
  ['impostors', {targets: [1], impostors: []}],
])('without %s nothing can be said', (_, trials) => {
  expect(equalErrorRate(trials)).toBeNaN()
  expect(minimumDetectionCost(trials, 0.01)).toBeNaN()
})
