import type {FeatureSpec} from '../models/recognizer.js'
import {createFilterBank} from './filter-bank.js'
import type {FrameTransform} from './frame-store.js'
import {createWhisperLogMel} from './log-mel.js'

/** Computes features as the samples come. `push` returns the frames that are complete, frame after frame. */
export interface FeatureExtractor {
  /** Values per frame. */
  readonly width: number
  push(samples: Float32Array): Float32Array
  /** The frames still missing, and what normalises all of them. */
  finish(): {readonly frames: Float32Array; readonly transform: FrameTransform | undefined}
}

/** The front end that a model asks for. */
export function createFeatureExtractor(spec: FeatureSpec): FeatureExtractor {
  switch (spec.kind) {
    case 'whisper-log-mel':
      return whisperExtractor(spec.mels)
    case 'waveform':
      return waveformExtractor(spec.normalize)
    case 'filter-bank':
      return {width: spec.options.mels, ...createFilterBank(spec.options)}
  }
}

function whisperExtractor(mels: number): FeatureExtractor {
  const {push, finish} = createWhisperLogMel(mels)
  return {
    width: mels,
    push,
    finish() {
      const {frames, maximum} = finish()
      // (max(x, maximum − 8) + 4) / 4, in the same rounding: a division by four is exact.
      return {frames, transform: {floor: Math.fround(maximum - 8), scale: 0.25, offset: 1}}
    },
  }
}

/** Keeps the variance of a silent recording from being zero; the value of Hugging Face's feature extractors. */
const VARIANCE_FLOOR = 1e-7

function waveformExtractor(normalize: boolean): FeatureExtractor {
  let count = 0
  let sum = 0
  let squares = 0
  return {
    width: 1,
    push(samples) {
      if (!normalize) return samples
      count += samples.length
      for (let i = 0; i < samples.length; i++) {
        const sample = samples[i] as number
        sum += sample
        squares += sample * sample
      }
      return samples
    },
    finish() {
      const frames = new Float32Array(0)
      if (!normalize || count === 0) return {frames, transform: undefined}
      const mean = sum / count
      const scale = 1 / Math.sqrt(Math.max(0, squares / count - mean * mean) + VARIANCE_FLOOR)
      return {frames, transform: {scale, offset: -mean * scale}}
    },
  }
}
