import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {ctcLoss} from '../../../src/pipeline/training/ctc-loss.js'

interface Case {
  readonly frames: number
  readonly classes: number
  readonly lengths: readonly number[]
  readonly labels: readonly (readonly number[])[]
  readonly logits: readonly number[]
  readonly losses: readonly number[]
  readonly gradient: readonly number[]
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../../data/training-reference/ctc-loss.json', import.meta.url), 'utf8'),
)

describe('the loss and its gradient are PyTorch’s', () => {
  test.each(cases.map((one, index) => [index, one] as const))('case %i', (_, {logits, losses, gradient, ...rest}) => {
    const found = ctcLoss({logits: Float32Array.from(logits), blank: 0, ...rest})
    for (const [row, loss] of losses.entries()) expect(found.losses[row]).toBeCloseTo(loss, 5)
    for (const [index, value] of gradient.entries()) expect(found.gradient[index], `at ${index}`).toBeCloseTo(value, 5)
  })
})

test('the probability of a label is the sum over all paths', () => {
  const logits = Float32Array.of(0.3, -0.2, 1.1, 0.4, -0.5, 0.2, 0.9, 0.1, -0.7)
  const softmax = Array.from({length: 3}, (_, frame) => {
    const powers = Array.from(logits.subarray(3 * frame, 3 * frame + 3), Math.exp)
    return powers.map(power => power / powers.reduce((sum, one) => sum + one))
  })
  const paths = [0, 1, 2].flatMap(a => [0, 1, 2].flatMap(b => [0, 1, 2].map(c => [a, b, c])))
  const spells = (path: readonly number[]) =>
    path.filter((token, index) => token !== 0 && token !== path[index - 1]).join()
  const sum = paths
    .filter(path => spells(path) === '1,2')
    .reduce((total, path) => total + path.reduce((product, token, frame) => product * softmax[frame]![token]!, 1), 0)
  const {losses} = ctcLoss({logits, frames: 3, classes: 3, lengths: [3], labels: [[1, 2]], blank: 0})
  expect(losses[0]).toBeCloseTo(-Math.log(sum), 9)
})

test('a logit that is no number is an error', () => {
  const logits = Float32Array.of(Number.NaN, 0)
  expect(() => ctcLoss({logits, frames: 1, classes: 2, lengths: [1], labels: [[1]], blank: 0})).toThrow(
    'no finite number',
  )
})
