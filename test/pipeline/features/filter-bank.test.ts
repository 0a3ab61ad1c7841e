import {describe, expect, test} from 'vitest'
import {createFilterBank} from '../../../src/pipeline/features/filter-bank.js'
import type {FilterBankOptions} from '../../../src/pipeline/models/recognizer.js'

const PARAKEET: FilterBankOptions = {
  mels: 80,
  fftSize: 512,
  windowSamples: 400,
  hopSamples: 160,
  preemphasis: 0.97,
  normalize: 'none',
}

/** A tone that glides upwards, with a little noise. */
function glide(samples: number): Float32Array {
  let noise = 1
  return Float32Array.from({length: samples}, (_, n) => {
    noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff
    return 0.4 * Math.sin((2 * Math.PI * (300 + n / 20) * n) / 16_000) + (noise / 0x7fffffff - 0.5) * 0.02
  })
}

function compute(samples: Float32Array, options: FilterBankOptions, piece = samples.length) {
  const bank = createFilterBank(options)
  const parts = []
  for (let at = 0; at < samples.length; at += piece) parts.push(bank.push(samples.subarray(at, at + piece)))
  const {frames, transform} = bank.finish()
  return {frames: Float32Array.from([...parts, frames].flatMap(part => [...part])), transform}
}

/** Mel power by the definition: padded signal, centred window, discrete Fourier sum, triangles on Slaney's scale. */
function plainFrame(
  samples: Float32Array,
  t: number,
  {mels, fftSize, windowSamples, hopSamples, preemphasis}: FilterBankOptions,
) {
  const emphasised = (n: number) =>
    n < 0 || n >= samples.length ? 0 : samples[n]! - (n === 0 ? 0 : preemphasis * samples[n - 1]!)
  const left = (fftSize - windowSamples) >> 1
  const frame = Array.from({length: fftSize}, (_, i) => {
    const n = i - left
    const window = n < 0 || n >= windowSamples ? 0 : 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (windowSamples - 1))
    return window * emphasised(t * hopSamples - fftSize / 2 + i)
  })
  const power = Array.from({length: fftSize / 2 + 1}, (_, k) => {
    const angle = (2 * Math.PI * k) / fftSize
    const re = frame.reduce((sum, x, n) => sum + x * Math.cos(angle * n), 0)
    const im = frame.reduce((sum, x, n) => sum - x * Math.sin(angle * n), 0)
    return re * re + im * im
  })
  const toHz = (mel: number) => (mel < 15 ? (mel * 200) / 3 : 1000 * 6.4 ** ((mel - 15) / 27))
  const top = 15 + (27 * Math.log(8)) / Math.log(6.4)
  const edge = (i: number) => toHz((top * i) / (mels + 1))
  return Array.from({length: mels}, (_, mel) => {
    const [low, peak, high] = [edge(mel), edge(mel + 1), edge(mel + 2)]
    const sum = power.reduce((total, value, k) => {
      const hz = (k * 16_000) / fftSize
      return (
        total +
        (value * 2 * Math.max(0, Math.min((hz - low) / (peak - low), (high - hz) / (high - peak)))) / (high - low)
      )
    }, 0)
    return Math.log(sum + 2 ** -24)
  })
}

describe('filter banks are what their definition says', () => {
  test.each<[string, Partial<FilterBankOptions>]>([
    ['Parakeet', {}],
    ['a window as long as the FFT', {fftSize: 400}],
    [
      'an odd window, a long hop, few mels, no pre-emphasis',
      {windowSamples: 301, hopSamples: 250, mels: 13, preemphasis: 0},
    ],
  ])('%s', (_, changes) => {
    const options = {...PARAKEET, ...changes}
    const samples = glide(2000)
    const {frames} = compute(samples, options)
    const count = Math.floor(2000 / options.hopSamples)
    expect(frames.length).toBe(count * options.mels)
    for (const t of [0, 1, 5, count - 1]) {
      for (const [mel, value] of plainFrame(samples, t, options).entries()) {
        expect(frames[t * options.mels + mel]).toBeCloseTo(value, 3)
      }
    }
  })
})

test.each([1, 7, 160, 399, 1000])('pieces of %i samples give the same frames to the bit', piece => {
  const samples = glide(1700)
  expect(compute(samples, {...PARAKEET, normalize: 'per-feature'}, piece)).toEqual(
    compute(samples, {...PARAKEET, normalize: 'per-feature'}),
  )
})

describe('normalised values have mean 0 and deviation 1', () => {
  const samples = glide(16_000)

  function moments(values: readonly number[]) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
    return {mean, deviation: Math.sqrt(variance)}
  }

  test('in every column', () => {
    const {frames, transform} = compute(samples, {...PARAKEET, normalize: 'per-feature'})
    const {scale, offset} = transform as {scale: Float64Array; offset: Float64Array}
    for (let mel = 0; mel < 80; mel++) {
      const column = [...frames].filter((_, i) => i % 80 === mel).map(value => value * scale[mel]! + offset[mel]!)
      const {mean, deviation} = moments(column)
      expect(mean).toBeCloseTo(0, 5)
      expect(deviation).toBeCloseTo(1, 3)
    }
  })

  test('over all columns together', () => {
    const {frames, transform} = compute(samples, {...PARAKEET, normalize: 'all-features'})
    const {scale, offset} = transform as {scale: number; offset: number}
    const {mean, deviation} = moments([...frames].map(value => value * scale + offset))
    expect(mean).toBeCloseTo(0, 5)
    expect(deviation).toBeCloseTo(1, 4)
  })

  test('but for silence, which stays finite', () => {
    const {frames, transform} = compute(new Float32Array(1600), {...PARAKEET, normalize: 'per-feature'})
    const {scale, offset} = transform as {scale: Float64Array; offset: Float64Array}
    const values = frames.map((value, i) => value * scale[i % 80]! + offset[i % 80]!)
    expect(values.every(value => Math.abs(value) < 0.1)).toBe(true)
  })
})

describe('a prior', () => {
  const samples = glide(8000)
  const mean = Array.from({length: 80}, (_, mel) => -8 + Math.sin(mel))
  const deviation = Array.from({length: 80}, (_, mel) => 2 + Math.cos(mel))
  const withPrior = (frames: number, heard = samples) =>
    compute(heard, {...PARAKEET, normalize: 'per-feature', prior: {frames, mean, deviation}})
  const columns = ({transform}: ReturnType<typeof compute>) => {
    const {scale, offset} = transform as {scale: Float64Array; offset: Float64Array}
    return Array.from(scale, (own, mel) => ({mean: -offset[mel]! / own, deviation: 1 / own}))
  }
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

  test('counts as so many frames, brought to the level of the recording', () => {
    const plain = compute(samples, {...PARAKEET, normalize: 'per-feature'})
    const frames = plain.frames.length / 80
    const own = columns(plain).map(column => column.mean)
    const shift = average(own) - average(mean)
    for (const [mel, column] of columns(withPrior(frames)).entries())
      expect(column.mean).toBeCloseTo((own[mel]! + mean[mel]! + shift) / 2, 5)
  })

  test('of very many frames is all that counts', () => {
    const own = columns(compute(samples, {...PARAKEET, normalize: 'per-feature'})).map(column => column.mean)
    for (const [mel, column] of columns(withPrior(1e9)).entries()) {
      expect(column.mean).toBeCloseTo(mean[mel]! + average(own) - average(mean), 4)
      expect(column.deviation).toBeCloseTo(deviation[mel]!, 3)
    }
  })

  test('makes no difference between loud and soft', () => {
    // In every band, far above the floor.
    const noise = (gain: number) => Float32Array.from({length: 8000}, (_, n) => gain * Math.sin(n * n))
    const [soft, loud] = [columns(withPrior(50, noise(0.1))), columns(withPrior(50, noise(0.4)))]
    for (const [mel, column] of loud.entries()) {
      expect(column.mean - soft[mel]!.mean).toBeCloseTo(Math.log(16), 2)
      expect(column.deviation).toBeCloseTo(soft[mel]!.deviation, 2)
    }
  })
})

test.each([0, 1, 159])('%i samples have no frame', samples => {
  const {frames, transform} = compute(new Float32Array(samples), {...PARAKEET, normalize: 'per-feature'}, 100)
  expect([frames.length, transform]).toEqual([0, undefined])
})

test.each<[string, Partial<FilterBankOptions>]>([
  ['a prime factor of 7', {fftSize: 448}],
  ['an odd FFT', {fftSize: 405}],
  ['a window longer than the FFT', {fftSize: 256}],
  ['no hop', {hopSamples: 0}],
])('%s is refused', (_, changes) => {
  expect(() => createFilterBank({...PARAKEET, ...changes})).toThrow(expect.objectContaining({code: 'MODEL_INVALID'}))
})
