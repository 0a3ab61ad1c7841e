import {expect, test} from 'vitest'
import {DropoutMasks} from '../../../../src/pipeline/training/engine/dropout-masks.js'

const SITES = [
  {rate: 0.25, shape: ['rows', 4]},
  {rate: 0.5, shape: ['rows']},
]
const INPUTS = new Map([['x', ['rows']]])
const batchOf = (rows: number) => ({x: {values: new Float32Array(rows), shape: [rows]}})

test('masks are the same after a longer batch as without one: a resumed run has not seen it', () => {
  const fresh = new DropoutMasks(SITES).draw(INPUTS, batchOf(10), 7)
  const used = new DropoutMasks(SITES)
  expect(used.draw(INPUTS, batchOf(2 ** 19), 3).pools.get(0.25)).toHaveLength(2 ** 22)
  const again = used.draw(INPUTS, batchOf(10), 7)
  expect(again.offsets).toEqual(fresh.offsets)
  for (const rate of [0.25, 0.5]) {
    const [one, other] = [fresh, again].map(({pools}) => Buffer.from(pools.get(rate)!.buffer))
    expect(Buffer.compare(one!, other!)).toBe(0)
  }
})

test('a pool drops as much as its rate, keeps the mean, and is made once', () => {
  const masks = new DropoutMasks(SITES)
  const pool = masks.draw(INPUTS, batchOf(10), 1).pools.get(0.25)!
  expect(new Set(pool)).toEqual(new Set([0, Math.fround(1 / 0.75)]))
  expect(pool.reduce((sum, one) => sum + one, 0) / pool.length).toBeCloseTo(1, 2)
  expect(masks.draw(INPUTS, batchOf(12), 2).pools.get(0.25)).toBe(pool)
})

test('sites begin elsewhere at each step, within the pool', () => {
  const masks = new DropoutMasks(SITES)
  const [one, other] = [masks.draw(INPUTS, batchOf(10), 1), masks.draw(INPUTS, batchOf(10), 2)]
  expect(one.offsets).not.toEqual(other.offsets)
  for (const offset of [...one.offsets, ...other.offsets]) expect(offset).toBeLessThanOrEqual(2 ** 21 - 40)
})
