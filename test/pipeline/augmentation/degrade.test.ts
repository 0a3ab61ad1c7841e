import {describe, expect, test} from 'vitest'
import {createSpeedChanger} from '../../../src/pipeline/augmentation/change-speed.js'
import {asFewBits, asMuLaw, asNarrowBand, asTelephone} from '../../../src/pipeline/augmentation/degrade.js'
import {decibels, powerOf, tone} from './tones.js'

const changeSpeed = createSpeedChanger()
const middle = (samples: Float32Array) => samples.subarray(800, -800)
const levelDb = (after: Float32Array, before: Float32Array) =>
  decibels(powerOf(middle(after)) / powerOf(middle(before)))

describe('a telephone', () => {
  test.each([
    [60, -60, -20],
    [150, -20, -10],
    [1000, -0.3, 0.3],
    [3000, -0.6, 0.6],
    [4600, Number.NEGATIVE_INFINITY, -40],
    [6500, Number.NEGATIVE_INFINITY, -40],
  ])('passes %i Hz at %f to %f dB', (hz, least, most) => {
    const samples = tone(hz, 1)
    const level = levelDb(asTelephone(samples, changeSpeed), samples)
    expect(level).toBeGreaterThanOrEqual(least)
    expect(level).toBeLessThan(most)
  })

  test.each([0, 1, 7, 15_999])('keeps the length of %i samples', length => {
    expect(asTelephone(new Float32Array(length), changeSpeed).length).toBe(length)
    expect(asNarrowBand(new Float32Array(length), changeSpeed).length).toBe(length)
  })

  test('in a narrow band passes what is low', () => {
    expect(levelDb(asNarrowBand(tone(60, 1), changeSpeed), tone(60, 1))).toBeCloseTo(0, 1)
    expect(levelDb(asNarrowBand(tone(6000, 1), changeSpeed), tone(6000, 1))).toBeLessThan(-60)
  })
})

describe('µ-law', () => {
  test('has at most 255 values, and the signal-to-noise ratio of G.711 at any level', () => {
    for (const amplitude of [1, 0.1, 0.01]) {
      const samples = tone(1003, 1, amplitude)
      const coded = asMuLaw(samples)
      expect(new Set(coded).size).toBeLessThanOrEqual(255)
      const noise = coded.map((sample, n) => sample - samples[n]!)
      expect(decibels(powerOf(samples) / powerOf(noise))).toBeGreaterThan(30)
      expect(decibels(powerOf(samples) / powerOf(noise))).toBeLessThan(42)
    }
  })

  test('cuts off what is louder than full scale', () =>
    expect([...asMuLaw(Float32Array.of(2, -3, 0))]).toEqual([1, -1, 0]))
})

test.each([
  [2, 3],
  [4, 15],
  [8, 255],
])('%i bits leave at most %i values, the loudest among them', (bits, values) => {
  const samples = tone(440, 1, 0.2)
  const coarse = asFewBits(samples, bits)
  expect(new Set(coarse).size).toBeLessThanOrEqual(values)
  expect(Math.max(...coarse)).toBeCloseTo(Math.max(...samples), 6)
  const step = 0.2 / (2 ** (bits - 1) - 1)
  expect(Math.max(...coarse.map((sample, n) => Math.abs(sample - samples[n]!)))).toBeLessThan(0.51 * step)
})
