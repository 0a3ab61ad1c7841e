import {expect, test} from 'vitest'
import {NoisePool} from '../../../../src/pipeline/training/engine/noise.js'

test('noise is the same after a longer batch as without one: a resumed run has not seen it', () => {
  const fresh = new NoisePool().atLeast(10)
  const used = new NoisePool()
  expect(used.atLeast(2 ** 21).length).toBe(2 ** 22)
  const again = used.atLeast(10)
  expect(again.length).toBe(fresh.length)
  expect(Buffer.compare(Buffer.from(again.buffer, 0, again.byteLength), Buffer.from(fresh.buffer))).toBe(0)
})
