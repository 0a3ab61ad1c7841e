import {dot, greatestCommonDivisor, writePhase} from '../audio/windowed-sinc.js'

/** Factors are rounded to this, so that a filter bank serves many recordings: 4.3 cents of pitch at the most. */
const FACTOR_STEPS = 200
const ZERO_CROSSINGS = 16 // on each side of the filter's centre
const KAISER_BETA = 6.5 // stop band below −65 dB
const CUTOFF = 0.9 // of the lower Nyquist frequency, the middle of the transition band
/** Filter banks that are kept, some 50 kB each. */
const KEPT_BANKS = 256

/**
 * Plays 16 kHz mono samples faster (`factor` > 1) or slower: round(samples ∕ factor) samples, in which every frequency is
 * multiplied by the factor (Ko et al., “Audio augmentation for speech recognition”, 2015). The factor is rounded to
 * 1∕200.
 */
export type SpeedChanger = (samples: Float32Array, factor: number) => Float32Array

/** What a factor becomes by rounding. */
export const roundedFactor = (factor: number): number => Math.max(1, Math.round(factor * FACTOR_STEPS)) / FACTOR_STEPS

/**
 * A polyphase windowed-sinc resampler made for speed: half the taps of `resample`, and filters that are kept from one
 * recording to the next.
 */
export function createSpeedChanger(): SpeedChanger {
  const banks = new Map<number, FilterBank>()
  return (samples, factor) => {
    const steps = Math.max(1, Math.round(factor * FACTOR_STEPS))
    if (steps === FACTOR_STEPS) return samples.slice()
    let bank = banks.get(steps)
    if (bank === undefined) {
      if (banks.size >= KEPT_BANKS) banks.clear()
      bank = createFilterBank(steps)
      banks.set(steps, bank)
    }
    return applyBank(samples, bank)
  }
}

interface FilterBank {
  readonly up: number
  readonly down: number
  readonly taps: number
  /** Phase after phase. */
  readonly table: Float64Array
}

function applyBank(samples: Float32Array, {up, down, taps, table}: FilterBank): Float32Array {
  const lead = taps / 2 - 1
  const padded = new Float32Array(samples.length + 2 * taps + Math.ceil(down / up))
  padded.set(samples, lead)
  const out = new Float32Array(Math.round((samples.length * up) / down))
  let start = 0
  let phase = 0
  for (let k = 0; k < out.length; k++) {
    out[k] = dot(padded, start, table, phase * taps, taps)
    phase += down
    const whole = Math.floor(phase / up)
    start += whole
    phase -= whole * up
  }
  return out
}

function createFilterBank(steps: number): FilterBank {
  const divisor = greatestCommonDivisor(steps, FACTOR_STEPS)
  const [down, up] = [steps / divisor, FACTOR_STEPS / divisor]
  const scale = CUTOFF * Math.min(1, up / down)
  const taps = 4 * Math.ceil(ZERO_CROSSINGS / scale / 2)
  const table = new Float64Array(up * taps)
  for (let phase = 0; phase < up; phase++)
    writePhase(table.subarray(phase * taps, (phase + 1) * taps), phase / up, {taps, scale, beta: KAISER_BETA})
  return {up, down, taps, table}
}
