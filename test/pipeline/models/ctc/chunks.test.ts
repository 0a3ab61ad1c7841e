import {describe, expect, test} from 'vitest'
import {chunkSizes, planChunks} from '../../../../src/pipeline/models/ctc/chunks.js'

describe('chunks cover a recording without a gap and without an overlap', () => {
  const plans = [
    {chunk: 480_000, stride: 80_000, ratio: 320},
    {chunk: 3200, stride: 320, ratio: 320},
    {chunk: 3000, stride: 0, ratio: 8},
    {chunk: 960, stride: 320, ratio: 320},
  ]
  const lengths = [1, 319, 480_000, 480_001, 800_000, 1_234_567]

  test.each(plans.flatMap(plan => lengths.map(frames => ({...plan, frames}))))('%j', plan => {
    let next = 0
    let last: {start: number; length: number} | undefined
    for (const {start, length, skip, keep} of planChunks(plan)) {
      expect(start % plan.ratio).toBe(0)
      // The first kept frame is the one after the last kept so far.
      expect(start / plan.ratio + skip).toBe(next)
      if (keep !== undefined) {
        expect(length).toBe(plan.chunk)
        expect(keep).toBeGreaterThan(0)
        next += keep
      }
      last = {start, length}
    }
    expect(last!.start + last!.length).toBe(plan.frames)
    // Neighbours share two strides, so the last chunk is never all context.
    if (plan.frames > plan.chunk) expect(last!.length).toBeGreaterThan(2 * plan.stride)
  })
})

test('a recording that fits into a chunk is one', () => {
  expect([...planChunks({frames: 480_000, chunk: 480_000, stride: 80_000, ratio: 320})]).toEqual([
    {start: 0, length: 480_000, skip: 0, keep: undefined},
  ])
})

test.each([
  [
    {chunkSeconds: 30, strideSeconds: null},
    {chunk: 480_000, stride: 80_000},
  ],
  [
    {chunkSeconds: 10, strideSeconds: 4},
    {chunk: 160_000, stride: 64_000},
  ],
  [
    {chunkSeconds: 1, strideSeconds: 0.4999},
    {chunk: 16_000, stride: 7680},
  ],
  [
    {chunkSeconds: 20.001, strideSeconds: 2.013},
    {chunk: 320_000, stride: 32_320},
  ],
])('%j are multiples of the ratio', (options, expected) => {
  expect(chunkSizes(options, {rateHz: 16_000, ratio: 320})).toEqual(expected)
})
