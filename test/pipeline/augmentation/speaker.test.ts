import {describe, expect, test} from 'vitest'
import {createSpeedChanger} from '../../../src/pipeline/augmentation/change-speed.js'
import {shiftPitch} from '../../../src/pipeline/augmentation/shift-pitch.js'
import {stretchTime} from '../../../src/pipeline/augmentation/stretch-time.js'
import {binHz, peakHz, powerOf, tone} from './tones.js'

const changeSpeed = createSpeedChanger()

describe('speed', () => {
  test.each([0.5, 0.9, 0.955, 1.1, 1.37, 2])('%f gives the samples between the samples', factor => {
    const faster = changeSpeed(tone(700, 1), factor)
    expect(faster.length).toBe(Math.round(16_000 / factor))
    // The sine itself, at the places that are played: an oracle of its own.
    const errors = faster
      .subarray(50, -50)
      .map((sample, k) => sample - 0.5 * Math.sin((2 * Math.PI * 700 * (k + 50) * factor) / 16_000))
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-3)
  })

  test('moves a high voice out of the band instead of folding it back', () => {
    const faster = changeSpeed(tone(6000, 1), 2)
    expect(powerOf(faster.subarray(100, -100)) / powerOf(tone(6000, 1))).toBeLessThan(1e-5)
  })

  test('1 changes nothing, and the input stays as it is', () => {
    const samples = tone(300, 0.1)
    const same = changeSpeed(samples, 1)
    expect(same).toEqual(samples)
    expect(same).not.toBe(samples)
  })

  test.each([0, 1, 2, 31])('takes %i samples', length => {
    expect(changeSpeed(new Float32Array(length).fill(1), 0.8).length).toBe(Math.round(length / 0.8))
  })
})

describe('time stretch', () => {
  test.each([
    [0.5, 440],
    [0.8, 220],
    [0.93, 1000],
    [1.25, 220],
    [2, 440],
  ])('by %f keeps %i Hz, with the length of librosa', (rate, hz) => {
    const stretched = stretchTime(tone(hz, 3), rate)
    expect(stretched.length).toBe(Math.round(48_000 / rate))
    expect(Math.abs(peakHz(stretched) - hz)).toBeLessThanOrEqual(1.5 * binHz)
    expect(powerOf(stretched) / powerOf(tone(hz, 3))).toBeCloseTo(1, 1)
  })

  test('moves what happens to where it belongs', () => {
    const clicks = new Float32Array(32_000)
    for (const at of [4000, 16_000, 26_000]) clicks.set(tone(800, 0.03), at)
    const stretched = stretchTime(clicks, 0.8)
    for (const at of [4000, 16_000, 26_000]) {
      const centre = (at + 240) / 0.8
      const near = powerOf(stretched.subarray(centre - 500, centre + 500))
      expect(near).toBeGreaterThan(20 * powerOf(stretched.subarray(centre + 1500, centre + 2500)))
    }
  })

  test('1 changes nothing', () => expect(stretchTime(tone(300, 0.2), 1)).toEqual(tone(300, 0.2)))
  test.each([0, 1, 700])('takes %i samples', length => {
    expect(stretchTime(new Float32Array(length).fill(0.5), 1.3).length).toBe(Math.round(length / 1.3))
  })
  test('leaves silence silent', () => expect(powerOf(stretchTime(new Float32Array(8000), 0.9))).toBe(0))
})

test.each([-12, -3.5, -1, 2, 5, 12])(
  'a pitch shift by %f semitones multiplies the frequency at the same length',
  semitones => {
    const shifted = shiftPitch(tone(500, 2), semitones, changeSpeed)
    expect(shifted.length).toBe(32_000)
    const expected = 500 * 2 ** (semitones / 12)
    // 4.3 cents, and half a bin of the spectrum.
    expect(Math.abs(peakHz(shifted) - expected)).toBeLessThan(expected * 0.0026 + binHz)
  },
)
