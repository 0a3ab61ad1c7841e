import type {Random} from '../decoding/random.js'
import {meanSquare} from './signal-power.js'

/**
 * Adds noise of the same length so that the power of the samples is `snrDb` decibels above that of the noise, both over
 * all of it. Silence has no such ratio: it stays, and so it does where the noise is silent.
 */
export function addNoise(samples: Float32Array, noise: Float32Array, snrDb: number): Float32Array {
  const [signal, other] = [meanSquare(samples), meanSquare(noise)]
  if (signal === 0 || other === 0) return samples.slice()
  return addScaled(samples, noise, Math.sqrt(signal / other) * 10 ** (-snrDb / 20))
}

export function addScaled(samples: Float32Array, noise: Float32Array, gain: number): Float32Array {
  const out = new Float32Array(samples.length)
  for (let i = 0; i < out.length; i++) out[i] = (samples[i] as number) + gain * (noise[i] as number)
  return out
}

/** `length` samples of a recording from a random place on; a shorter one is repeated. */
export function excerpt(recording: Float32Array, length: number, random: Random): Float32Array {
  const out = new Float32Array(length)
  const free = recording.length > length ? recording.length - length + 1 : recording.length
  let from = Math.floor(random() * free)
  for (let at = 0; at < length && recording.length > 0; from = 0) {
    const piece = recording.subarray(from, from + length - at)
    out.set(piece, at)
    at += piece.length
  }
  return out
}
