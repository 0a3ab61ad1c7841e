import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {Random} from '../decoding/random.js'
import {fillGaussian} from './draw.js'

export const NOISE_COLOURS = ['white', 'pink', 'brown'] as const
export type NoiseColour = (typeof NOISE_COLOURS)[number]

/** Gaussian noise: white (equal power at every Hz), pink (−3 dB an octave) or brown (−6 dB an octave). Its level is arbitrary. */
export function colouredNoise(length: number, colour: NoiseColour, random: Random): Float32Array {
  const noise = fillGaussian(new Float32Array(length), random)
  if (colour === 'pink') makePink(noise)
  else if (colour === 'brown') makeBrown(noise)
  return noise
}

/** Paul Kellet's filter, with its poles moved from 44.1 kHz to 16 kHz; within 1 dB of −3 dB an octave from 100 Hz to 3 kHz. */
const KELLET = [
  {pole: 0.99886, gain: 0.0555179},
  {pole: 0.99332, gain: 0.0750759},
  {pole: 0.969, gain: 0.153852},
  {pole: 0.8665, gain: 0.3104856},
  {pole: 0.55, gain: 0.5329522},
] as const
const KELLET_DIRECT = 0.5362

function makePink(noise: Float32Array): void {
  const states = new Float64Array(KELLET.length)
  const poles = Float64Array.from(KELLET, ({pole}) => pole ** (44_100 / SAMPLE_RATE_HZ))
  // A pole that moves keeps the gain at 0 Hz.
  const gains = Float64Array.from(KELLET, ({pole, gain}, i) => (gain * (1 - (poles[i] as number))) / (1 - pole))
  for (let n = 0; n < noise.length; n++) {
    const white = noise[n] as number
    let sum = KELLET_DIRECT * white
    for (let i = 0; i < states.length; i++) {
      const state = (poles[i] as number) * (states[i] as number) + (gains[i] as number) * white
      states[i] = state
      sum += state
    }
    noise[n] = sum
  }
}

/** A leak keeps the sum of the noise near 0: flat below 25 Hz at 16 kHz. */
const BROWN_LEAK = 0.99

function makeBrown(noise: Float32Array): void {
  let sum = 0
  for (let n = 0; n < noise.length; n++) {
    sum = BROWN_LEAK * sum + (noise[n] as number)
    noise[n] = sum
  }
}
