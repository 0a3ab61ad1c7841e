import {fromDecibels} from './decibels.js'
import {SAMPLE_RATE_HZ} from './source.js'

export interface TrimOptions {
  /** A frame of 10 ms whose RMS level is below this is silent. @default -50 */
  readonly thresholdDbfs?: number | undefined
  /** Silence shorter than this stays. @default 0.3 */
  readonly minSilenceSeconds?: number | undefined
  /** How much silence stays next to the sound. @default 0.1 */
  readonly keepSeconds?: number | undefined
}

/** The part of a recording that stays, in samples; empty for silence. */
export interface TrimRange {
  readonly start: number
  readonly end: number
}

/** Finds that part as the recording streams by, in constant memory. */
export interface SilenceDetector {
  push(samples: Float32Array): void
  /** Ends the recording. */
  range(): TrimRange
}

const FRAME_SECONDS = 0.01

export function createSilenceDetector(
  options: TrimOptions = {},
  sampleRateHz: number = SAMPLE_RATE_HZ,
): SilenceDetector {
  const {thresholdDbfs = -50, minSilenceSeconds = 0.3, keepSeconds = 0.1} = options
  const frameSamples = Math.round(FRAME_SECONDS * sampleRateHz)
  const thresholdPower = fromDecibels(thresholdDbfs) ** 2
  let received = 0
  let power = 0
  let count = 0
  let firstSound: number | undefined
  let endOfSound = 0
  const endFrame = () => {
    if (count > 0 && power >= thresholdPower * count) {
      firstSound ??= received - count
      endOfSound = received
    }
    power = 0
    count = 0
  }
  return {
    push(samples) {
      for (let i = 0; i < samples.length; i++) {
        const sample = samples[i] as number
        power += sample * sample
        received++
        if (++count === frameSamples) endFrame()
      }
    },
    range() {
      endFrame()
      if (firstSound === undefined) return {start: 0, end: 0}
      const minimum = minSilenceSeconds * sampleRateHz
      const kept = Math.round(keepSeconds * sampleRateHz)
      return {
        start: firstSound >= minimum ? Math.max(0, firstSound - kept) : 0,
        end: received - endOfSound >= minimum ? Math.min(received, endOfSound + kept) : received,
      }
    },
  }
}

/** A recording without the silence at its beginning and end. */
export interface TrimmedAudio {
  readonly samples: Float32Array
  /** Add this to every time found in `samples` to get the time in the recording. */
  readonly offsetSeconds: number
}

/** Trims one channel of a whole recording. The result shares the input's memory. */
export function trimSilence(samples: Float32Array, options?: TrimOptions, sampleRateHz = SAMPLE_RATE_HZ): TrimmedAudio {
  const detector = createSilenceDetector(options, sampleRateHz)
  detector.push(samples)
  const {start, end} = detector.range()
  return {samples: samples.subarray(start, end), offsetSeconds: start / sampleRateHz}
}
