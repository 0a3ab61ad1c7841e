import {VAD_WINDOW_SAMPLES, type VoiceDetector} from './voice-detector.js'

/**
 * The detector that needs no model: speech is what stands out from the background by its energy, fricatives by less,
 * which the rate of sign changes tells. The background is the quietest window of the last four seconds, so it follows
 * a room that changes; how far speech must stand out grows with how loud speech has been. Made to miss little: music
 * and voices next door pass for speech. Whoever has Silero's model gets better judgements from it.
 */
export function createEnergyDetector(): VoiceDetector {
  let judge = createJudge()
  return {
    score: async window => judge(window),
    reset() {
      judge = createJudge()
    },
    async close() {},
  }
}

/** Speech stands at least this far above the background, in dB … */
const MARGIN_DB = 9
/** … fricatives, which change sign more often than this per sample, this far … */
const HISS_MARGIN_DB = 7
const HISS_RATE = 0.25
/** … and where speech is loud, this part of the way up to it, but no further than that. */
const MARGIN_PART = 0.35
const MAX_MARGIN_DB = 20
/** How much louder makes how much surer. */
const SLOPE_DB = 2
/** No background is taken to be lower, full scale being 0 dB: dither and converters' noise are no speech. */
const QUIET_DB = -70
/** The memory of how loud speech has been fades by 1.6 dB a second. */
const FADING_DB = 0.05

function createJudge(): (window: Float32Array) => number {
  const measure = createMeter()
  const follow = createNoiseFloor()
  const smooth = createMedian()
  let loudest = QUIET_DB
  return window => {
    const {decibels, crossingRate} = measure(window)
    const background = Math.max(QUIET_DB, follow(decibels))
    const level = smooth(decibels)
    loudest = Math.max(loudest - FADING_DB, level)
    const least = crossingRate > HISS_RATE ? HISS_MARGIN_DB : MARGIN_DB
    const margin = Math.max(least, Math.min(MAX_MARGIN_DB, MARGIN_PART * (loudest - background)))
    return 1 / (1 + Math.exp((background + margin - level) / SLOPE_DB))
  }
}

/** Pole of the high-pass filter that keeps rumble out: −3 dB at 100 Hz. */
const HIGH_PASS = 0.96

/** Energy, and sign changes per sample. */
function createMeter(): (window: Float32Array) => {decibels: number; crossingRate: number} {
  let input = 0
  let output = 0
  return window => {
    let energy = 0
    let crossings = 0
    for (let i = 0; i < window.length; i++) {
      const sample = window[i] as number
      const filtered = sample - input + HIGH_PASS * output
      if (filtered < 0 !== output < 0) crossings++
      energy += filtered * filtered
      input = sample
      output = filtered
    }
    // Values that are no numbers must not stay in the filter.
    if (!Number.isFinite(energy)) input = output = energy = 0
    return {decibels: 10 * Math.log10(energy / window.length + 1e-12), crossingRate: crossings / window.length}
  }
}

const SPANS = 8
/** Half a second. */
const SPAN_WINDOWS = Math.round(8000 / VAD_WINDOW_SAMPLES)

/** The quietest window of the last four seconds, kept as the minima of eight spans. */
function createNoiseFloor(): (decibels: number) => number {
  let minima: number[] = []
  let windows = 0
  return decibels => {
    if (windows++ % SPAN_WINDOWS === 0) minima = [...minima.slice(1 - SPANS), decibels]
    minima[minima.length - 1] = Math.min(minima.at(-1) ?? decibels, decibels)
    return Math.min(...minima)
  }
}

/** The middle one of the last three values: a click is no speech. */
function createMedian(): (value: number) => number {
  let older = QUIET_DB
  let old = QUIET_DB
  return value => {
    const median = Math.max(Math.min(value, old), Math.min(Math.max(value, old), older))
    older = old
    old = value
    return median
  }
}
