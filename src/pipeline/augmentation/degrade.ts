import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {SpeedChanger} from './change-speed.js'
import {fitted} from './fitted.js'
import {peakOf} from './signal-power.js'

const TELEPHONE_HZ = 8000
/** Telephone lines pass 300 to 3,400 Hz (ITU-T G.712). */
const TELEPHONE_LOWEST_HZ = 300
const MU = 255

/** 16 kHz mono samples as they come over an old telephone: 8 kHz, nothing below 300 Hz, 8-bit µ-law (ITU-T G.711). */
export function asTelephone(samples: Float32Array, changeSpeed: SpeedChanger): Float32Array {
  return atTelephoneRate(samples, changeSpeed, low => asMuLaw(highPass(low)))
}

/** Without what is above 3.8 kHz: as recorded at 8 kHz. */
export function asNarrowBand(samples: Float32Array, changeSpeed: SpeedChanger): Float32Array {
  return atTelephoneRate(samples, changeSpeed, low => low)
}

/** To change the speed and to change the rate is the same. */
function atTelephoneRate(
  samples: Float32Array,
  changeSpeed: SpeedChanger,
  change: (low: Float32Array) => Float32Array,
): Float32Array {
  const factor = SAMPLE_RATE_HZ / TELEPHONE_HZ
  return fitted(changeSpeed(change(changeSpeed(samples, factor)), 1 / factor), samples.length)
}

/** In 8 bits by the µ-law, µ = 255: 256 levels, close together near 0. Louder samples than full scale are cut off. */
export function asMuLaw(samples: Float32Array): Float32Array {
  const scale = Math.log1p(MU)
  return samples.map(sample => {
    const compressed = Math.log1p(MU * Math.min(1, Math.abs(sample))) / scale
    const rounded = Math.round(compressed * 127) / 127
    return (Math.sign(sample) * Math.expm1(rounded * scale)) / MU
  })
}

/** In so many bits, of which the loudest sample needs all. */
export function asFewBits(samples: Float32Array, bits: number): Float32Array {
  const peak = peakOf(samples)
  if (peak === 0) return samples.slice()
  const levels = 2 ** (bits - 1) - 1
  return samples.map(sample => (Math.round((sample / peak) * levels) / levels) * peak)
}

/** Butterworth's of the second order, by the bilinear transform. */
function highPass(samples: Float32Array): Float32Array {
  const k = Math.tan((Math.PI * TELEPHONE_LOWEST_HZ) / TELEPHONE_HZ)
  const scale = 1 / (1 + Math.SQRT2 * k + k * k)
  const a1 = 2 * (k * k - 1) * scale
  const a2 = (1 - Math.SQRT2 * k + k * k) * scale
  let z1 = 0
  let z2 = 0
  return samples.map(sample => {
    const out = scale * sample + z1
    z1 = -2 * scale * sample - a1 * out + z2
    z2 = scale * sample - a2 * out
    return out
  })
}
