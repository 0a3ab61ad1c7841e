import {describe, expect, test} from 'vitest'
import {atTempo} from '../../../src/pipeline/features/at-tempo.js'
import {memoryStore} from '../models/ctc/stub-model.js'

const WIDTH = 2

/** Frames (position, its square). */
const parabola = (frames: number) =>
  memoryStore(
    Float32Array.from({length: frames * WIDTH}, (_, i) => (i % WIDTH === 0 ? i / WIDTH : ((i - 1) / WIDTH) ** 2)),
    WIDTH,
  )

describe('features at another tempo', () => {
  test.each([
    [0.5, 10, 19],
    [0.9, 10, 11],
    [1, 10, 10],
    [1.1, 10, 9],
    [2, 10, 5],
    [2, 1, 1],
    [0.5, 0, 0],
  ])('tempo %f makes of %i frames %i', (tempo, frames, expected) => {
    expect(atTempo(parabola(frames), tempo).frames).toBe(expected)
  })

  test.each([0.5, 0.92, 1, 1.08, 1.7])('lie between the frames, tempo %f', tempo => {
    const slow = atTempo(parabola(50), tempo)
    const values = slow.read(0, slow.frames)
    for (let frame = 0; frame < slow.frames; frame++) {
      const position = frame * tempo
      // A spline has the straight line and the parabola exactly, but not beside the zeros beyond both ends.
      if (position < 1 || position > 48) continue
      expect(values[frame * WIDTH]).toBeCloseTo(position, 4)
      expect(values[frame * WIDTH + 1]).toBeCloseTo(position ** 2, 2)
    }
    expect([...values.slice(0, WIDTH)]).toEqual([0, 0])
  })

  test('however they are read', () => {
    const slow = atTempo(parabola(40), 0.77)
    const whole = slow.read(0, slow.frames)
    for (const [start, count] of [
      [0, 1],
      [7, 11],
      [slow.frames - 3, 3],
    ] as const) {
      expect(slow.read(start, count)).toEqual(whole.slice(start * WIDTH, (start + count) * WIDTH))
    }
  })

  test('beyond both ends are zeros', () => {
    const slow = atTempo(parabola(10), 0.5)
    const whole = slow.read(0, 19)
    expect(slow.read(-2, 23)).toEqual(Float32Array.from([0, 0, 0, 0, ...whole, 0, 0, 0, 0]))
  })
})
