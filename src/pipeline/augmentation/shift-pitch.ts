import {roundedFactor, type SpeedChanger} from './change-speed.js'
import {fitted} from './fitted.js'
import {stretchTime} from './stretch-time.js'

const SEMITONES_PER_OCTAVE = 12

/**
 * Raises (`semitones` > 0) or lowers the pitch of 16 kHz mono samples, formants with it, at the same length: speaks
 * slower first, then plays faster, as `librosa.effects.pitch_shift`. Right to 4.3 cents.
 */
export function shiftPitch(samples: Float32Array, semitones: number, changeSpeed: SpeedChanger): Float32Array {
  const factor = roundedFactor(2 ** (semitones / SEMITONES_PER_OCTAVE))
  return fitted(changeSpeed(stretchTime(samples, 1 / factor), factor), samples.length)
}
