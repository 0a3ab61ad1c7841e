import type {WhisperConfig} from '../../../export/whisper/config.js'
import {usedEncoder} from '../../architectures/whisper-models.js'
import {floatsOf, type OrtGraph, type OrtGraphOptions, openOrtGraph} from '../../engine/ort-graph.js'
import type {Values} from '../../engine/training-engine.js'
import type {FeatureBatch} from '../training-task.js'
import {type AudioContext, encoderInputs} from './whisper-features.js'

export interface EncodeOptions {
  readonly config: WhisperConfig
  readonly positions: Float32Array
  readonly context: AudioContext
}

/** Encodes features with given weights. */
export interface Encoder {
  /** States [rows, places, width] of whole batches; rows hear the silence after their end. */
  encode(
    batch: Pick<FeatureBatch, 'features' | 'lengths'>,
    weights: Readonly<Record<string, Values>>,
  ): Promise<Values<Float32Array>>
  close(): Promise<void>
}

/** The graph is opened when it is needed. */
export function lazyEncoder(options: EncodeOptions, graphOptions: OrtGraphOptions): Encoder {
  let graph: Promise<OrtGraph> | undefined
  return {
    async encode(batch, weights) {
      graph ??= openOrtGraph(tape => new Map([['states', usedEncoder(options.config)(tape)]]), graphOptions)
      const {states} = await (await graph).run({...weights, ...encoderInputs(batch, options)})
      return floatsOf(states)
    },
    async close() {
      await (await graph)?.close()
      graph = undefined
    },
  }
}

/** One row of a batch by itself, without the padding that others need. */
export function rowOf({features, lengths}: FeatureBatch, row: number): Pick<FeatureBatch, 'features' | 'lengths'> {
  const [, frames = 0, mels = 0] = features.shape
  const length = Math.min(frames, lengths[row] ?? 0)
  const start = row * frames * mels
  const values = features.values.subarray(start, start + length * mels) as Float32Array
  return {features: {values, shape: [1, length, mels]}, lengths: [length]}
}
