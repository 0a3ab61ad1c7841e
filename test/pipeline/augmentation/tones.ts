import {createRealFft} from '../../../src/pipeline/features/fft.js'

const RATE_HZ = 16_000
const FFT_SIZE = 8192

/** A sine of amplitude 0.5, unless said otherwise. */
export const tone = (hz: number, seconds: number, amplitude = 0.5): Float32Array =>
  Float32Array.from(
    {length: Math.round(seconds * RATE_HZ)},
    (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / RATE_HZ),
  )

/** Mean power at each bin of 1.95 Hz, over half-overlapping Hann windows of half a second. */
export function spectrum(samples: Float32Array): Float64Array {
  const fft = createRealFft(FFT_SIZE)
  const window = Float64Array.from({length: FFT_SIZE}, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT_SIZE))
  const sum = new Float64Array(fft.bins)
  const power = new Float64Array(fft.bins)
  let count = 0
  for (let at = 0; at + FFT_SIZE <= samples.length; at += FFT_SIZE / 2, count++) {
    fft.power(samples, at, window, power)
    for (let k = 0; k < power.length; k++) sum[k]! += power[k]!
  }
  return sum.map(value => value / count)
}

export const binHz = RATE_HZ / FFT_SIZE

/** The frequency with the most power. */
export function peakHz(samples: Float32Array): number {
  const power = spectrum(samples)
  return power.indexOf(Math.max(...power)) * binHz
}

/** Power between two frequencies, in decibels of an arbitrary level. */
export function bandDb(samples: Float32Array, fromHz: number, toHz: number): number {
  const power = spectrum(samples).subarray(Math.round(fromHz / binHz), Math.round(toHz / binHz))
  return 10 * Math.log10(power.reduce((sum, value) => sum + value, 0))
}

export const powerOf = (samples: Float32Array): number =>
  samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length

export const decibels = (ratio: number): number => 10 * Math.log10(ratio)
