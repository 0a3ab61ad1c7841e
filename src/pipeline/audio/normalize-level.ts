import {fromDecibels} from './decibels.js'
import {createLoudnessMeter} from './loudness.js'
import {SAMPLE_RATE_HZ} from './source.js'

export const NORMALIZE_MODES = ['peak', 'loudness'] as const
/** `peak`: the largest sample becomes −1 dBFS. `loudness`: −23 LUFS, but no sample over −1 dBFS. */
export type NormalizeMode = (typeof NORMALIZE_MODES)[number]

const PEAK_DBFS = -1
/** The programme loudness of EBU R 128. */
const TARGET_LUFS = -23

/** Finds the gain for a recording as it streams by; the gain is then applied on a second way through. */
export interface LevelMeter {
  push(samples: Float32Array): void
  /** Factor for every sample; 1 for silence. */
  gain(): number
}

export function createLevelMeter(mode: NormalizeMode, sampleRateHz: number = SAMPLE_RATE_HZ): LevelMeter {
  const loudness = mode === 'loudness' ? createLoudnessMeter(sampleRateHz) : undefined
  let peak = 0
  return {
    push(samples) {
      for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i] as number))
      loudness?.push(samples)
    },
    gain() {
      if (peak === 0) return 1
      const peakGain = fromDecibels(PEAK_DBFS) / peak
      const level = loudness?.integratedLufs()
      if (level === undefined) return peakGain
      return level === Number.NEGATIVE_INFINITY ? 1 : Math.min(peakGain, fromDecibels(TARGET_LUFS - level))
    },
  }
}

/** One channel of a whole recording, brought to the level. The input is not changed. */
export function normalizeLevel(samples: Float32Array, mode: NormalizeMode, sampleRateHz?: number): Float32Array {
  const meter = createLevelMeter(mode, sampleRateHz)
  meter.push(samples)
  return amplify(samples, meter.gain())
}

export function amplify(samples: Float32Array, gain: number): Float32Array {
  const out = new Float32Array(samples.length)
  for (let i = 0; i < out.length; i++) out[i] = (samples[i] as number) * gain
  return out
}
