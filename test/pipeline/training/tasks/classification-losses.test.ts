import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {classificationScores, confusionsFirst} from '../../../../src/pipeline/training/tasks/classification-scores.js'
import {type MarginOptions, marginLoss} from '../../../../src/pipeline/training/tasks/margin-loss.js'
import {softmaxLoss} from '../../../../src/pipeline/training/tasks/softmax-loss.js'

interface Case {
  readonly classes: number
  readonly targets: readonly number[]
  readonly loss: number
  readonly gradient: readonly number[]
}
interface Golden {
  readonly softmax: readonly (Case & {
    readonly logits: readonly number[]
    readonly smoothing: number
    readonly weights: readonly number[] | null
  })[]
  readonly margins: readonly (Case & MarginOptions & {readonly cosines: readonly number[]})[]
  readonly judged: readonly {
    readonly references: readonly string[]
    readonly hypotheses: readonly string[]
    readonly accuracy: number
    readonly f1: number
    readonly uar: number
  }[]
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../data/training-reference/classification/classification.json', import.meta.url), 'utf8'),
)

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  for (const [index, value] of expected.entries()) expect(Math.abs(actual[index]! - value)).toBeLessThan(tolerance)
}

test.each(golden.softmax)('cross-entropy is PyTorch’s: smoothing $smoothing, weights $weights', known => {
  const found = softmaxLoss({...known, weights: known.weights ?? undefined})
  expect(found.loss).toBeCloseTo(known.loss, 6)
  expectClose(found.gradient, known.gradient, 1e-6)
  expect(found.count).toBe(known.targets.length)
})

test.each(golden.margins)('a margin is PyTorch’s: $kind of $margin, scale $scale', known => {
  const found = marginLoss(known)
  expect(found.loss).toBeCloseTo(known.loss, 5)
  expectClose(found.gradient, known.gradient, 2e-5)
})

test('rows without a target have no part in the loss', () => {
  const known = golden.softmax[0]!
  const [, ...targets] = known.targets
  const found = softmaxLoss({...known, weights: undefined, targets: [undefined, ...targets]})
  expect(found.count).toBe(known.targets.length - 1)
  expect([...found.gradient.slice(0, known.classes)]).toEqual([0, 0, 0, 0])
  expectClose(found.gradient.slice(known.classes), known.gradient.slice(known.classes), 1e-6)
})

test('a target’s cosine at its very end gives no endless gradient', () => {
  for (const cosine of [-1.0000001, -1, 1, 1.0000001]) {
    const {gradient, loss} = marginLoss({
      cosines: [cosine, 0],
      classes: 2,
      targets: [0],
      kind: 'additive_angle',
      margin: 0.5,
      scale: 30,
    })
    expect(Number.isFinite(loss)).toBe(true)
    for (const value of gradient) expect(Math.abs(value)).toBeLessThan(30 * 500)
  }
})

test.each(golden.judged)('scores are scikit-learn’s: accuracy $accuracy', ({references, hypotheses, ...expected}) => {
  const judgements = references.map((reference, id) => ({id: `${id}`, reference, hypothesis: hypotheses[id]!}))
  const found = classificationScores(judgements)
  expect(found.accuracy).toBeCloseTo(expected.accuracy, 12)
  expect(found.f1).toBeCloseTo(expected.f1, 12)
  expect(found.uar).toBeCloseTo(expected.uar, 12)
})

test('examples begin with the most frequent confusion', () => {
  const judged = [
    ['1', 'a', 'a'],
    ['2', 'b', 'c'],
    ['3', 'a', 'b'],
    ['4', 'a', 'b'],
  ].map(([id = '', reference = '', hypothesis = '']) => ({id, reference, hypothesis}))
  expect(confusionsFirst(judged).map(({id}) => id)).toEqual(['3', '4', '2', '1'])
})
