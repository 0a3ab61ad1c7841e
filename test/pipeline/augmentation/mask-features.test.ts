import {describe, expect, test} from 'vitest'
import {type FeatureMasking, maskFeatures} from '../../../src/pipeline/augmentation/mask-features.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'

const MELS = 40
const FRAMES = 300
const NOTHING: FeatureMasking = {
  timeMasks: 0,
  timeMaskFrames: 30,
  timeMaskShare: 1,
  frequencyMasks: 0,
  frequencyMaskMels: 10,
  timeWarpFrames: 0,
  fill: 'zero',
}
/** All values differ, and none is 0. */
const features = Float32Array.from({length: FRAMES * MELS}, (_, i) => 1 + i)
const mask = (options: Partial<FeatureMasking>, key: string | number = 1) =>
  maskFeatures(features, MELS, {...NOTHING, ...options}, seededRandom(key))

const isMasked = (out: Float32Array, frame: number, mel: number) =>
  out[frame * MELS + mel] !== features[frame * MELS + mel]
const maskedFrames = (out: Float32Array) =>
  Array.from({length: FRAMES}, (_, frame) => frame).filter(frame =>
    Array.from({length: MELS}, (_, mel) => isMasked(out, frame, mel)).every(Boolean),
  )
const maskedMels = (out: Float32Array) =>
  Array.from({length: MELS}, (_, mel) => mel).filter(mel =>
    Array.from({length: FRAMES}, (_, frame) => isMasked(out, frame, mel)).every(Boolean),
  )
const runs = (numbers: readonly number[]) =>
  numbers.filter((number, i) => number !== (numbers[i - 1] ?? Number.NaN) + 1).length

describe('time masks', () => {
  test('are whole frames in so many stripes, none too long, and nothing else changes', () => {
    const lengths = new Set<number>()
    for (let key = 0; key < 200; key++) {
      const out = mask({timeMasks: 1}, key)
      const frames = maskedFrames(out)
      expect(runs(frames)).toBeLessThanOrEqual(1)
      expect(frames.length).toBeLessThanOrEqual(30)
      expect(out.filter((value, i) => value !== features[i]).length).toBe(frames.length * MELS)
      lengths.add(frames.length)
    }
    // From none to the longest.
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([0, 30])
  })

  test('of a short recording cover no more than their share', () => {
    for (let key = 0; key < 100; key++)
      expect(
        maskedFrames(mask({timeMasks: 1, timeMaskFrames: 1000, timeMaskShare: 0.1}, key)).length,
      ).toBeLessThanOrEqual(30)
  })

  test('come as often as asked for', () => {
    const most = Math.max(...Array.from({length: 50}, (_, key) => runs(maskedFrames(mask({timeMasks: 3}, key)))))
    expect(most).toBe(3)
  })
})

test('frequency masks are whole bands, up to the widest', () => {
  const widths = new Set<number>()
  for (let key = 0; key < 200; key++) {
    const out = mask({frequencyMasks: 1}, key)
    const mels = maskedMels(out)
    expect(out.filter((value, i) => value !== features[i]).length).toBe(mels.length * FRAMES)
    widths.add(mels.length)
  }
  expect([...widths].sort((a, b) => a - b)).toEqual(Array.from({length: 11}, (_, width) => width))
})

test.each([
  ['zero', 0],
  ['mean', (FRAMES * MELS + 1) / 2],
] as const)('masks are filled with %s', (fill, expected) => {
  const out = mask({timeMasks: 2, frequencyMasks: 2, fill})
  const changed = [...new Set(out.filter((value, i) => value !== features[i]))]
  expect(changed.length).toBe(1)
  expect(changed[0]).toBeCloseTo(expected, 0)
})

describe('the time warp', () => {
  test('keeps both ends and the order, and moves the middle by no more than asked', () => {
    const moved = new Set<number>()
    for (let key = 0; key < 100; key++) {
      const out = mask({timeWarpFrames: 20}, key)
      const places = Array.from({length: FRAMES}, (_, frame) => (out[frame * MELS]! - 1) / MELS)
      expect(places[0]).toBe(0)
      expect(places.at(-1)).toBeCloseTo(FRAMES - 1, 3)
      expect(places.every((place, frame) => frame === 0 || place > places[frame - 1]!)).toBe(true)
      const furthest = Math.max(...places.map((place, frame) => Math.abs(place - frame)))
      expect(furthest).toBeLessThan(20)
      moved.add(Math.round(furthest))
    }
    expect(moved.size).toBeGreaterThan(8)
  })

  test.each([0, 1, 2, 5])('takes %i frames', frames => {
    const few = features.slice(0, frames * MELS)
    const options = {...NOTHING, timeWarpFrames: 80, timeMasks: 2, frequencyMasks: 2}
    expect(maskFeatures(few, MELS, options, seededRandom(3)).length).toBe(few.length)
  })
})

test('the input stays as it is', () => {
  const before = features.slice()
  mask({timeMasks: 5, frequencyMasks: 5, timeWarpFrames: 10})
  expect(features).toEqual(before)
})
