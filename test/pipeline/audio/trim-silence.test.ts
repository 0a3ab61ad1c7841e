import {expect, test} from 'vitest'
import {createSilenceDetector, type TrimOptions, trimSilence} from '../../../src/pipeline/audio/trim-silence.js'
import {sine} from './signals.js'

const RATE_HZ = 16_000
const NOISE = 0.001 // −60 dBFS

/** Seconds of silence, sound and silence. */
function recording(before: number, sound: number, after: number): Float32Array {
  const samples = new Float32Array(Math.round((before + sound + after) * RATE_HZ)).map(
    (_, i) => NOISE * Math.sin(i * 1.7),
  )
  samples.set(sine(300, sound, RATE_HZ, 0.3), Math.round(before * RATE_HZ))
  return samples
}

test.each([
  ['both ends', [1, 2, 1.5], {}, 0.9, 2.2],
  ['only the beginning', [1, 2, 0.1], {}, 0.9, 2.2],
  ['only the end', [0.1, 2, 1], {}, 0, 2.2],
  ['nothing that is short', [0.2, 2, 0.2], {}, 0, 2.4],
  ['all but what is to be kept', [1, 2, 1], {keepSeconds: 0.5}, 0.5, 3],
  ['everything with no minimum', [0.1, 2, 0.1], {minSilenceSeconds: 0.05, keepSeconds: 0}, 0.1, 2],
  ['nothing when the noise counts as sound', [1, 2, 1], {thresholdDbfs: -70}, 0, 4],
] as readonly [string, readonly [number, number, number], TrimOptions, number, number][])(
  'trims %s',
  (_, seconds, options, offset, duration) => {
    const samples = recording(...seconds)
    const trimmed = trimSilence(samples, options)
    expect(trimmed.offsetSeconds).toBeCloseTo(offset, 2)
    expect(trimmed.samples.length / RATE_HZ).toBeCloseTo(duration, 2)
  },
)

test('the offset takes a time back to the recording, to the sample', () => {
  const samples = recording(1, 1, 1)
  const {samples: trimmed, offsetSeconds} = trimSilence(samples)
  const index = 5000
  expect(trimmed[index]).toBe(samples[index + Math.round(offsetSeconds * RATE_HZ)])
})

test('silence is trimmed to nothing', () => {
  expect(trimSilence(new Float32Array(RATE_HZ))).toEqual({samples: new Float32Array(0), offsetSeconds: 0})
})

test('chunks make no difference', () => {
  const samples = recording(1, 1, 1)
  const [whole, pieces] = [createSilenceDetector(), createSilenceDetector()]
  whole.push(samples)
  for (let at = 0; at < samples.length; at += 333) pieces.push(samples.subarray(at, at + 333))
  expect(pieces.range()).toEqual(whole.range())
})
