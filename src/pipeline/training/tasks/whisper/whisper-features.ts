import type {WhisperConfig} from '../../../export/whisper/config.js'
import {ENCODER_STRIDE} from '../../architectures/whisper.js'
import type {Batch} from '../../engine/training-engine.js'
import type {FeatureBatch} from '../training-task.js'

/** Frames of 10 ms. */
export type AudioContext = 'full' | 'auto'

/** Features of silence beside features of a recording (openai/whisper, `audio.py`): 80 dB below the loudest, or the floor. */
const LOUDEST_TO_SILENCE = 2
const FLOOR = -1.5

/**
 * Inputs of the encoder: `features` [rows, frames, mels] with silence after each row's own length, as zeros after the
 * samples would have given, and `encoder_positions` [frames ∕ 2, width].
 *
 * @param context `full`: as many frames as the model has positions for; `auto`: those of the longest row
 */
export function encoderInputs(
  {features, lengths}: Pick<FeatureBatch, 'features' | 'lengths'>,
  {
    config,
    positions,
    context,
  }: {
    readonly config: WhisperConfig
    readonly positions: Float32Array
    readonly context: AudioContext
  },
): Batch {
  const {num_mel_bins: mels, max_source_positions: places, d_model: width} = config
  const [rows = 0, given = 0] = features.shape
  const frames = context === 'full' ? ENCODER_STRIDE * places : longestContext(lengths, places)
  const heard = new Float32Array(rows * frames * mels)
  for (let row = 0; row < rows; row++) {
    const length = Math.min(frames, lengths[row] ?? 0)
    const own = features.values.subarray(row * given * mels, (row * given + length) * mels)
    heard.fill(silenceBeside(own), row * frames * mels, (row + 1) * frames * mels)
    heard.set(own, row * frames * mels)
  }
  const contextPlaces = frames / ENCODER_STRIDE
  return {
    features: {values: heard, shape: [rows, frames, mels]},
    encoder_positions: {values: positions.subarray(0, contextPlaces * width), shape: [contextPlaces, width]},
  }
}

/** Frames, an even number. */
function longestContext(lengths: readonly number[], places: number): number {
  const longest = Math.ceil(Math.max(1, ...lengths) / ENCODER_STRIDE)
  return ENCODER_STRIDE * Math.min(longest, places)
}

function silenceBeside(recording: Float32Array): number {
  let loudest = Number.NEGATIVE_INFINITY
  for (const value of recording) if (value > loudest) loudest = value
  return Math.max(FLOOR, loudest - LOUDEST_TO_SILENCE)
}
