import {describe, expect, test} from 'vitest'
import {openOrtEngine} from '../../../../src/pipeline/training/engine/ort-engine.js'
import {spanMask} from '../../../../src/pipeline/training/layers/span-mask.js'

const [ROWS, FRAMES, LENGTH] = [40, 1000, 10]
const PADDING = 100

describe('spans of 10 in 1,000 frames, the last 100 of them padding', () => {
  test('none where no training happens', async () => {
    const {used} = await masks(1)
    expect(used.every(value => value === 0)).toBe(true)
  })

  test('in training each is as long as it should be, and as many as asked for begin', async () => {
    const {trained} = await masks(1)
    expect([...new Set(trained)].sort()).toEqual([0, 1])
    const spans = Array.from({length: ROWS}, (_, row) =>
      runs(trained.subarray(row * FRAMES, (row + 1) * FRAMES)),
    ).flat()
    // A span that begins before the end of another makes one longer run of both.
    expect(Math.min(...spans.map(({length}) => length))).toBe(LENGTH)
    expect(spans.every(({start}) => start < FRAMES - PADDING)).toBe(true)
    // Each frame is outside with probability (1 − share ∕ length)^length: 1 − 0.995^10 is covered.
    const covered = trained.reduce((sum, value) => sum + value, 0) / (ROWS * (FRAMES - PADDING))
    expect(covered).toBeGreaterThan(0.9 * (1 - 0.995 ** LENGTH))
    expect(covered).toBeLessThan(1.1 * (1 - 0.995 ** LENGTH))
  })

  test('the same noise gives the same spans, other noise gives others', async () => {
    const [first, again, other] = [await masks(1), await masks(1), await masks(2)]
    expect(again.trained).toEqual(first.trained)
    expect(other.trained).not.toEqual(first.trained)
  })
})

async function masks(noise: number) {
  const engine = await openOrtEngine(
    ops => {
      const places = ops.input('places', ['batch', 'time'])
      // A weight, as an engine trains something.
      return ops.add(spanMask(ops, places, 1, {share: 0.05, length: LENGTH}), ops.parameter('zero', [1]))
    },
    {
      threads: 1,
      adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 5},
      frozen: new Map(),
      initial: () => ({
        parameters: new Float32Array(1),
        first: new Float32Array(1),
        second: new Float32Array(1),
        steps: 0,
      }),
    },
  )
  const values = Float32Array.from({length: ROWS * FRAMES}, (_, index) => (index % FRAMES < FRAMES - PADDING ? 1 : 0))
  const batch = {places: {values, shape: [ROWS, FRAMES]}}
  let trained = new Float32Array(0)
  await engine.gradients(
    batch,
    output => {
      trained = Float32Array.from(output.values)
      return new Float32Array(output.values.length)
    },
    noise,
  )
  const used = (await engine.infer(batch)).values
  await engine.close()
  return {trained, used}
}

/** Runs of ones that end before the end. */
function runs(row: Float32Array): {readonly start: number; readonly length: number}[] {
  const found: {start: number; length: number}[] = []
  let start = -1
  for (const [index, value] of row.entries()) {
    if (value === 1 && start < 0) start = index
    if (value !== 0 || start < 0) continue
    found.push({start, length: index - start})
    start = -1
  }
  return found
}
