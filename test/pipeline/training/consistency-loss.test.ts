import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {consistencyLoss} from '../../../src/pipeline/training/consistency-loss.js'

const {logits, losses, gradient, ...sizes} = JSON.parse(
  readFileSync(new URL('../../data/training-reference/consistency-loss.json', import.meta.url), 'utf8'),
)

test('the divergence of two readings and its gradient are PyTorch’s', () => {
  const found = consistencyLoss({logits: Float32Array.from(logits), ...sizes})
  expect([...found.losses].map(loss => loss.toFixed(5))).toEqual(losses.map((loss: number) => loss.toFixed(5)))
  for (const [index, value] of gradient.entries()) expect(found.gradient[index], `at ${index}`).toBeCloseTo(value, 6)
})

test('readings that agree have nothing to learn from each other', () => {
  const reading = [0.3, -2, 1.5, 0.1, 0.2, 0.3]
  const found = consistencyLoss({
    logits: Float32Array.from([...reading, ...reading]),
    frames: 2,
    classes: 3,
    lengths: [2, 2],
  })
  expect([...found.losses]).toEqual([0, 0])
  expect(found.gradient.every(value => value === 0)).toBe(true)
})

test('a logit that is no number is an error', () => {
  const pair = {logits: Float32Array.of(0, 1, Number.NaN, 0), frames: 1, classes: 2, lengths: [1, 1]}
  expect(() => consistencyLoss(pair)).toThrow('no finite number')
})
