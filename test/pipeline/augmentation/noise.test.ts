import {describe, expect, test} from 'vitest'
import {addNoise, excerpt} from '../../../src/pipeline/augmentation/add-noise.js'
import {colouredNoise, NOISE_COLOURS} from '../../../src/pipeline/augmentation/coloured-noise.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {bandDb, decibels, powerOf, tone} from './tones.js'

describe('noise', () => {
  test.each([
    ['white', 0],
    ['pink', -3.01],
    ['brown', -6.02],
  ] as const)('that is %s changes by %f dB an octave', (colour, slope) => {
    const samples = colouredNoise(16_000 * 25, colour, seededRandom(colour))
    // An octave up, a band is twice as wide: its power density is 3 dB less than its power.
    for (const hz of [100, 200, 400, 800, 1600]) {
      const change = bandDb(samples, 2 * hz, 2.2 * hz) - bandDb(samples, hz, 1.1 * hz) - 3.01
      expect(Math.abs(change - slope), `${hz} Hz`).toBeLessThan(1)
    }
  })

  test('that is white has mean 0, deviation 1 and the tails of Gauss', () => {
    const samples = colouredNoise(200_000, 'white', seededRandom('moments'))
    expect(samples.reduce((sum, sample) => sum + sample, 0) / samples.length).toBeCloseTo(0, 1)
    expect(powerOf(samples)).toBeCloseTo(1, 1)
    const beyond2 = samples.filter(sample => Math.abs(sample) > 2).length / samples.length
    expect(beyond2).toBeCloseTo(0.0455, 2)
  })

  test.each(NOISE_COLOURS.flatMap(colour => [-5, 0, 12.5, 40].map(snr => [colour, snr] as const)))(
    '%s is added at %f dB',
    (colour, snrDb) => {
      const samples = tone(440, 1)
      const noisy = addNoise(samples, colouredNoise(16_000, colour, seededRandom(1)), snrDb)
      const noise = noisy.map((sample, n) => sample - samples[n]!)
      expect(decibels(powerOf(samples) / powerOf(noise))).toBeCloseTo(snrDb, 2)
    },
  )

  test.each([
    ['silence', new Float32Array(10), tone(100, 10 / 16_000)],
    ['silent noise', tone(100, 10 / 16_000), new Float32Array(10)],
  ])('%s has no ratio and stays', (_, samples, noise) => expect(addNoise(samples, noise, 0)).toEqual(samples))
})

describe('an excerpt', () => {
  const recording = Float32Array.from({length: 10}, (_, n) => n)

  test('of a long recording is a piece of it, every place as likely', () => {
    const random = seededRandom('places')
    const starts = new Map<number, number>()
    for (let i = 0; i < 700; i++) {
      const piece = excerpt(recording, 4, random)
      expect([...piece]).toEqual([0, 1, 2, 3].map(n => piece[0]! + n))
      starts.set(piece[0]!, (starts.get(piece[0]!) ?? 0) + 1)
    }
    expect([...starts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(Math.min(...starts.values())).toBeGreaterThan(60)
  })

  test('of a short one repeats it', () => {
    expect([...excerpt(recording, 23, () => 0.75)].map(Number)).toEqual(
      Array.from({length: 23}, (_, n) => (n + 7) % 10),
    )
  })
})
