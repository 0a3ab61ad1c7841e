import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {createRealFft} from './fft.js'
import {type MelFilters, slaneyMelFilters} from './mel-filters.js'

const FFT_SAMPLES = 400
/** Samples of a window on either side of its centre. */
const MARGIN = FFT_SAMPLES / 2
export const WHISPER_HOP_SAMPLES = 160
/** The model hears 30 s at a time; as many zeros follow every recording. */
export const WHISPER_WINDOW_SAMPLES = 30 * SAMPLE_RATE_HZ
export const WHISPER_WINDOW_FRAMES = WHISPER_WINDOW_SAMPLES / WHISPER_HOP_SAMPLES

const POWER_FLOOR = 1e-10
/** What a frame of digital silence holds. */
export const WHISPER_SILENCE = Math.log10(POWER_FLOOR)
/** Values further than this below the recording's loudest are raised to it (80 dB). */
const DYNAMIC_RANGE = 8

/** Computes Whisper's log-mel as the samples come. However they are cut into pieces, the result is the same to the bit. */
export interface WhisperLogMel {
  /** Takes 16 kHz mono samples; returns the frames they complete, frames × mels, log10 of the power and not yet normalised. */
  push(samples: Float32Array): Float32Array
  /**
   * Returns the frames still missing, those of the zeros after the recording among them, and the greatest value of the
   * whole recording, which {@link normalizeLogMel} needs. Frames in all: ⌊(samples + padding) / 160⌋.
   */
  finish(): {readonly frames: Float32Array; readonly maximum: number}
}

/**
 * The features of OpenAI's Whisper (`whisper/audio.py`, `log_mel_spectrogram`): centred periodic Hann windows of 400
 * samples every 160, the signal mirrored at both ends, the last frame dropped, Slaney mel filters, log10.
 *
 * @param mels 80, or 128 for large-v3 and turbo
 * @param paddingSamples zeros that follow the recording, 30 s as in `whisper.transcribe`
 */
export function createWhisperLogMel(mels: number, paddingSamples = WHISPER_WINDOW_SAMPLES): WhisperLogMel {
  const analyse = createFrameAnalyser(mels)
  let received = 0
  let done = 0
  let maximumPower = POWER_FLOOR
  /** From the start of the next frame; before the first frame, from the first sample (the mirror needs 201). */
  let waiting: Float32Array = new Float32Array(0)

  function analyseFrames(signal: Float32Array, count: number): Float32Array {
    const frames = new Float32Array(count * mels)
    for (let frame = 0; frame < count; frame++) {
      maximumPower = Math.max(maximumPower, analyse(signal, frame * WHISPER_HOP_SAMPLES, frames, frame * mels))
    }
    done += count
    return frames
  }

  return {
    push(samples) {
      const starting = received <= MARGIN
      received += samples.length
      let signal = joined(waiting, samples)
      if (received <= MARGIN) {
        waiting = signal
        return new Float32Array(0)
      }
      if (starting) signal = joined(signal.slice(1, MARGIN + 1).reverse(), signal)
      const count = Math.max(0, Math.floor((signal.length - FFT_SAMPLES) / WHISPER_HOP_SAMPLES) + 1)
      const frames = analyseFrames(signal, count)
      waiting = signal.slice(count * WHISPER_HOP_SAMPLES)
      return frames
    },
    finish() {
      const length = received + paddingSamples
      const total = Math.floor(length / WHISPER_HOP_SAMPLES)
      // Frames from here on hold nothing but zeros, unless the mirror at the end brings the recording back.
      const silent = paddingSamples < FFT_SAMPLES ? total : Math.ceil((received + MARGIN) / WHISPER_HOP_SAMPLES)
      const count = Math.max(0, Math.min(total, silent) - done)
      const origin = done * WHISPER_HOP_SAMPLES - MARGIN
      const waitingFrom = received > MARGIN ? origin : 0
      const signal = Float32Array.from(
        {length: (count - 1) * WHISPER_HOP_SAMPLES + FFT_SAMPLES},
        (_, i) => waiting[mirrored(origin + i, length) - waitingFrom] ?? 0,
      )
      const frames = new Float32Array((total - done) * mels).fill(WHISPER_SILENCE)
      frames.set(analyseFrames(signal, count))
      return {frames, maximum: Math.fround(Math.log10(maximumPower))}
    },
  }
}

/** The whole of a short recording at once: normalised frames × mels. */
export function whisperLogMel(
  samples: Float32Array,
  mels: number,
  {paddingSamples = WHISPER_WINDOW_SAMPLES}: {readonly paddingSamples?: number | undefined} = {},
): Float32Array {
  const extractor = createWhisperLogMel(mels, paddingSamples)
  const start = extractor.push(samples)
  const {frames, maximum} = extractor.finish()
  return normalizeLogMel(joined(start, frames), maximum)
}

/** Brings raw log10 frames to the scale the model was trained on, in place: max(x, maximum − 8), then (x + 4) / 4. */
export function normalizeLogMel(frames: Float32Array, maximum: number): Float32Array {
  const floor = Math.fround(maximum - DYNAMIC_RANGE)
  for (let i = 0; i < frames.length; i++) {
    const value = frames[i] as number
    frames[i] = Math.fround(Math.max(value, floor) + 4) / 4
  }
  return frames
}

/** Writes the log-mel of the 400 samples at `offset`, returns the greatest mel power among them. */
type FrameAnalyser = (signal: Float32Array, offset: number, frames: Float32Array, at: number) => number

function createFrameAnalyser(mels: number): FrameAnalyser {
  const fft = createRealFft(FFT_SAMPLES)
  const filters: MelFilters = slaneyMelFilters({mels, fftSize: FFT_SAMPLES, sampleRateHz: SAMPLE_RATE_HZ})
  const {firstBins, offsets, weights} = filters
  const window = periodicHann(FFT_SAMPLES)
  const power = new Float64Array(fft.bins)
  return (signal, offset, frames, at) => {
    fft.power(signal, offset, window, power)
    let greatest = 0
    for (let mel = 0; mel < mels; mel++) {
      const end = offsets[mel + 1] as number
      let bin = firstBins[mel] as number
      let sum = 0
      for (let i = offsets[mel] as number; i < end; i++, bin++) sum += (weights[i] as number) * (power[bin] as number)
      if (sum > greatest) greatest = sum
      frames[at + mel] = sum > POWER_FLOOR ? Math.log10(sum) : WHISPER_SILENCE
    }
    return greatest
  }
}

function periodicHann(samples: number): Float64Array {
  return Float64Array.from({length: samples}, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / samples))
}

/** A position before the first or after the last of `length` samples, reflected without repeating the edge. */
function mirrored(position: number, length: number): number {
  const inside = Math.abs(position)
  return inside < length ? inside : 2 * (length - 1) - inside
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
