import {describe, expect, test} from 'vitest'
import {SampleQueue} from '../../../../src/pipeline/audio/vad/sample-queue.js'

describe('a sample queue', () => {
  test('gives back what it holds, by position, through any growth and dropping', () => {
    const queue = new SampleQueue()
    let state = 1
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (let round = 0; round < 2000; round++) {
      const from = queue.end
      queue.append(Float32Array.from({length: random(5000)}, (_, i) => from + i))
      queue.dropBefore(queue.end - random(60_000))
      const at = queue.start + random(queue.end - queue.start)
      expect(queue.view(at, Math.min(queue.end, at + 3))[0] ?? at).toBe(at)
      expect(queue.view(queue.start, queue.end).at(-1) ?? queue.end - 1).toBe(queue.end - 1)
    }
    expect(queue.end).toBeGreaterThan(4_000_000)
  })

  test('keeps no more than a few times what it holds', () => {
    const queue = new SampleQueue()
    for (let i = 0; i < 1000; i++) {
      queue.append(new Float32Array(16_000))
      queue.dropBefore(queue.end - 16_000)
    }
    expect(queue.view(queue.start, queue.end).buffer.byteLength).toBeLessThan(16_000 * 4 * 8)
  })

  test('refuses positions it does not hold', () => {
    const queue = new SampleQueue()
    queue.append(new Float32Array(10))
    queue.dropBefore(5)
    expect(() => queue.view(4, 6)).toThrow(RangeError)
    expect(() => queue.view(6, 11)).toThrow(RangeError)
  })
})
