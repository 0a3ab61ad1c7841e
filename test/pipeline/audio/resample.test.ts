import {describe, expect, test} from 'vitest'
import {createResampler, resample} from '../../../src/pipeline/audio/resample.js'
import {fitSine, powerOf, sine} from './signals.js'

const RATES_HZ = [8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000]
const OUT_HZ = 16_000

/** The filter rings at the ends; measures are taken inside. */
const inside = (samples: Float32Array) => samples.subarray(800, samples.length - 800)
const decibels = (ratio: number) => 10 * Math.log10(ratio)

describe.each(RATES_HZ)('from %i Hz to 16 kHz', rateHz => {
  test('a 1 kHz tone has a signal-to-noise ratio of at least 90 dB', () => {
    const {amplitude, residualPower} = fitSine(inside(resample(sine(1000, 1, rateHz), rateHz, OUT_HZ)), 1000, OUT_HZ)
    expect(decibels(amplitude ** 2 / 2 / residualPower)).toBeGreaterThan(90)
    expect(decibels((amplitude / 0.5) ** 2)).toBeCloseTo(0, 2)
  })

  test.runIf(rateHz > 14_500)('7 kHz passes within 0.5 dB', () => {
    const {amplitude} = fitSine(inside(resample(sine(7000, 1, rateHz), rateHz, OUT_HZ)), 7000, OUT_HZ)
    expect(Math.abs(decibels((amplitude / 0.5) ** 2))).toBeLessThan(0.5)
  })

  test.runIf(rateHz > 2 * 8600).each([8600, 9500, 10_000])('%i Hz leaves an alias of at most −90 dB', hz => {
    if (hz > rateHz / 2 - 500) return
    const power = powerOf(inside(resample(sine(hz, 1, rateHz), rateHz, OUT_HZ)))
    expect(decibels(power / (0.5 ** 2 / 2))).toBeLessThan(-90)
  })

  test.runIf(rateHz < OUT_HZ)('the images above the old band are at most −90 dB', () => {
    const hz = rateHz * 0.4
    const {amplitude, residualPower} = fitSine(inside(resample(sine(hz, 1, rateHz), rateHz, OUT_HZ)), hz, OUT_HZ)
    expect(decibels(residualPower / (amplitude ** 2 / 2))).toBeLessThan(-90)
  })

  test.each([0, 1, 2, 159, 4410, 10_007])('%i samples become round(n · 16000 / rate)', count => {
    const out = resample(new Float32Array(count).fill(0.1), rateHz, OUT_HZ)
    expect(out.length).toBe(Math.round((count * OUT_HZ) / rateHz))
  })

  test('chunks of any size give the same bits as the whole', () => {
    const samples = Float32Array.from({length: 20_000}, (_, i) => Math.sin(i * i * 1e-5))
    const whole = resample(samples, rateHz, OUT_HZ)
    for (const sizes of [[1, 2, 3, 5, 8], [997], [4096, 1, 7000]]) {
      const resampler = createResampler(rateHz, OUT_HZ)
      const pieces: number[] = []
      for (let at = 0, turn = 0; at < samples.length; turn++) {
        const size = sizes[turn % sizes.length]!
        pieces.push(...resampler.push(samples.subarray(at, at + size)))
        at += size
      }
      pieces.push(...resampler.flush())
      expect(Float32Array.from(pieces)).toEqual(whole)
    }
  })
})

test.each([4000, 5513, 12_345, 44_056, 192_000, 384_000])('%i Hz, an unusual rate, works as well', rateHz => {
  const out = resample(sine(1000, 0.5, rateHz), rateHz, OUT_HZ)
  const {amplitude, residualPower} = fitSine(inside(out), 1000, OUT_HZ)
  expect(decibels(amplitude ** 2 / 2 / residualPower)).toBeGreaterThan(90)
})

test('a tone keeps its phase after ten minutes, so there is no drift', () => {
  const rateHz = 44_100
  const resampler = createResampler(rateHz, OUT_HZ)
  let produced = 0
  let last: Float32Array = new Float32Array(0)
  for (let minute = 0; minute < 10; minute++) {
    // Silence until the last minute: the position is what matters.
    const chunk = minute < 9 ? new Float32Array(60 * rateHz) : impulseAt(30 * rateHz, 60 * rateHz)
    last = resampler.push(chunk)
    produced += last.length
  }
  const peak = last.reduce((best, sample, i) => (Math.abs(sample) > Math.abs(last[best]!) ? i : best), 0)
  expect(produced - last.length + peak).toBe((9 * 60 + 30) * OUT_HZ)
}, 20_000)

test('16 kHz passes unchanged', () => {
  const samples = sine(440, 0.1, OUT_HZ)
  expect(resample(samples, OUT_HZ, OUT_HZ)).toEqual(samples)
})

function impulseAt(index: number, length: number): Float32Array {
  const samples = new Float32Array(length)
  samples[index] = 1
  return samples
}
