import {amplify} from '../audio/normalize-level.js'
import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {Random} from '../decoding/random.js'
import type {Convolver} from './convolve.js'
import {fillGaussian} from './draw.js'
import {meanSquare} from './signal-power.js'

const GAP_SECONDS = 0.002 // between the direct sound and what the room adds

export interface Room {
  /** Time in which the sound of the room falls by 60 dB. */
  readonly t60Seconds: number
  /** Energy of the direct sound over that of the room, in decibels. */
  readonly directToRoomDb: number
}

/**
 * The impulse response of an imaginary room at 16 kHz: the direct sound, then Gaussian noise that decays exponentially
 * (Polack's model of late reverberation, 1988), to −60 dB.
 */
export function roomResponse({t60Seconds, directToRoomDb}: Room, random: Random): Float32Array {
  const gap = Math.round(GAP_SECONDS * SAMPLE_RATE_HZ)
  const response = new Float32Array(gap + Math.max(1, Math.round(t60Seconds * SAMPLE_RATE_HZ)))
  const room = fillGaussian(response.subarray(gap), random)
  const decay = 10 ** (-3 / room.length)
  let envelope = 1
  for (let n = 0; n < room.length; n++) {
    room[n] = (room[n] as number) * envelope
    envelope *= decay
  }
  const energy = meanSquare(room) * room.length
  const gain = Math.sqrt(10 ** (-directToRoomDb / 10) / energy)
  for (let n = 0; n < room.length; n++) room[n] = (room[n] as number) * gain
  response[0] = 1
  return response
}

/**
 * Lets 16 kHz mono samples sound in a room. What the response takes to its highest peak is cut off, so that speech stays
 * where it was; length and level stay too.
 */
export function reverberate(samples: Float32Array, response: Float32Array, convolve: Convolver): Float32Array {
  const sounding = convolve(samples, response, peakOf(response))
  const [before, after] = [meanSquare(samples), meanSquare(sounding)]
  return after === 0 ? sounding : amplify(sounding, Math.sqrt(before / after))
}

function peakOf(response: Float32Array): number {
  let peak = 0
  for (let n = 1; n < response.length; n++)
    if (Math.abs(response[n] as number) > Math.abs(response[peak] as number)) peak = n
  return peak
}
