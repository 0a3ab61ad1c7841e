import {describe, expect, test} from 'vitest'
import {createConvolver} from '../../../src/pipeline/augmentation/convolve.js'
import {reverberate, roomResponse} from '../../../src/pipeline/augmentation/reverberate.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {decibels, powerOf, tone} from './tones.js'

const noise = (length: number, key: string): Float32Array => {
  const random = seededRandom(key)
  return new Float32Array(length).map(() => random() - 0.5)
}

test.each([
  [1, 1, 0],
  [10, 3, 0],
  [100, 250, 0],
  [1000, 37, 5],
  [5000, 900, 120],
  [40_000, 64, 0],
])('convolving %i samples with %i from %i on is the sum of products', (signalLength, filterLength, skip) => {
  const [signal, filter] = [noise(signalLength, 'signal'), noise(filterLength, 'filter')]
  const result = createConvolver()(signal, filter, skip)
  expect(result.length).toBe(signalLength)
  for (let n = 0; n < signalLength; n += Math.ceil(signalLength / 200)) {
    let sum = 0
    for (let k = 0; k < filterLength; k++) sum += filter[k]! * (signal[n + skip - k] ?? 0)
    expect(result[n]).toBeCloseTo(sum, 5)
  }
})

describe('an imaginary room', () => {
  test.each([
    [0.3, 0],
    [0.6, 10],
    [1.2, -5],
  ])('of %f s decays by 60 dB in that time, the direct sound %i dB above it', (t60Seconds, directToRoomDb) => {
    const response = roomResponse({t60Seconds, directToRoomDb}, seededRandom('room'))
    const room = response.slice(1)
    expect(response[0]).toBe(1)
    expect(decibels(1 / (powerOf(room) * room.length))).toBeCloseTo(directToRoomDb, 3)
    // Schroeder's backward integration, from −5 to −25 dB (ISO 3382).
    const energy = new Float64Array(room.length + 1)
    for (let n = room.length - 1; n >= 0; n--) energy[n] = energy[n + 1]! + room[n]! ** 2
    const timeOf = (level: number) => energy.findIndex(value => decibels(value / energy[0]!) <= level) / 16_000
    expect(3 * (timeOf(-25) - timeOf(-5))).toBeCloseTo(t60Seconds, 1)
  })

  test('is drawn by the random numbers alone', () => {
    const room = (key: string) => roomResponse({t60Seconds: 0.2, directToRoomDb: 3}, seededRandom(key))
    expect(room('a')).toEqual(room('a'))
    expect(room('a')).not.toEqual(room('b'))
  })
})

describe('reverberation', () => {
  const response = new Float32Array(3000)
  response[800] = -0.7 // a recorded room: the sound comes after 50 ms
  response[2300] = 0.2

  test('leaves speech where it was, at its length and level', () => {
    const samples = new Float32Array(16_000)
    samples.set(tone(500, 0.1), 6000)
    const wet = reverberate(samples, response, createConvolver())
    expect(wet.length).toBe(samples.length)
    expect(powerOf(wet)).toBeCloseTo(powerOf(samples), 8)
    expect(powerOf(wet.subarray(0, 5990))).toBeLessThan(1e-12)
    expect(powerOf(wet.subarray(6000, 7400))).toBeGreaterThan(0.5 * powerOf(samples.subarray(6000, 7400)))
    expect(powerOf(wet.subarray(7600, 9000))).toBeGreaterThan(0.01 * powerOf(samples.subarray(6000, 7400)))
  })

  test('leaves silence silent', () => {
    expect(powerOf(reverberate(new Float32Array(100), response, createConvolver()))).toBe(0)
  })
})
