import type {Batch} from '../../engine/training-engine.js'
import type {FeatureBatch} from '../training-task.js'
import type {FeatureEncoder} from './feature-encoder.js'

/** Added to the scores of padding. */
const FAR_BELOW = -1e4

/**
 * What `architectures/wav2vec2.ts` takes: features of each row, computed of its own samples alone, and where it ends. A row
 * that is too short for one frame has none.
 */
export async function modelInputs(
  {features, lengths}: FeatureBatch,
  {encoder, channels, framesOf}: InputSettings,
): Promise<Batch> {
  const [rows = 0, samples = 0] = features.shape
  const counts = lengths.map(framesOf)
  const frames = Math.max(1, ...counts)
  const encoded = new Float32Array(rows * frames * channels)
  const mask = new Float32Array(rows * frames).fill(FAR_BELOW)
  const present = new Float32Array(rows * frames)
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    const start = row * samples
    const {values} = await encoder.encode(features.values.subarray(start, start + (lengths[row] ?? 0)))
    encoded.set(values, row * frames * channels)
    mask.fill(0, row * frames, row * frames + count)
    present.fill(1, row * frames, row * frames + count)
  }
  return {
    features: {values: encoded, shape: [rows, frames, channels]},
    mask: {values: mask, shape: [rows, 1, 1, frames]},
    present: {values: present, shape: [rows, frames, 1]},
  }
}

export interface InputSettings {
  readonly encoder: FeatureEncoder
  /** Of the encoder's output. */
  readonly channels: number
  readonly framesOf: (samples: number) => number
}
