import type {OrtGraphOptions} from '../../engine/ort-graph.js'
import type {Batch, Values} from '../../engine/training-engine.js'
import type {FeatureBatch, Weights} from '../training-task.js'
import {type EncodeOptions, lazyEncoder, rowOf} from './encode-recordings.js'
import type {EncoderCache} from './encoder-cache.js'
import type {EncodedRows} from './whisper-decoder.js'
import {encoderInputs} from './whisper-features.js'
import {lengthMask} from './whisper-labels.js'

/** How recordings reach the model: as features, or as what the frozen encoder made of them. */
export interface Hearing {
  /** What the trained model takes. */
  inputs(batch: FeatureBatch): Promise<Batch>
  /** What a decoder hears. @param weights those of the encoder among them */
  encoded(batch: FeatureBatch, weights: Weights): Promise<EncodedRows>
  hasCached(rows: FeatureBatch['rows']): boolean
  close(): Promise<void>
}

/** The encoder is trained, or at least part of each step. */
export function hearFeatures(options: EncodeOptions, graph: OrtGraphOptions): Hearing {
  const encoder = lazyEncoder(options, graph)
  return {
    inputs: async batch => encoderInputs(batch, options),
    async encoded(batch, weights) {
      const states = await encoder.encode(batch, Object.fromEntries(weights))
      const [rows = 0, places = 0] = states.shape
      return {states, mask: lengthMask(new Array<number>(rows).fill(places), places)}
    },
    hasCached: () => false,
    close: () => encoder.close(),
  }
}

/**
 * The encoder is frozen: it hears each recording once and by itself, so that nothing depends on what else is in its batch.
 * Rows of several recordings, which are strung together anew each time, are not kept.
 */
export function hearStates(
  options: EncodeOptions,
  {cache, frozen, graph}: {readonly cache: EncoderCache; readonly frozen: Weights; readonly graph: OrtGraphOptions},
): Hearing {
  const encoder = lazyEncoder(options, graph)
  const weights = Object.fromEntries(frozen)
  const statesOf = async (batch: FeatureBatch, row: number): Promise<Float32Array> => {
    const key = keyOf(batch.rows[row])
    const cached = key === undefined ? undefined : cache.read(key)
    if (cached !== undefined) return cached
    const {values} = await encoder.encode(rowOf(batch, row), weights)
    if (key !== undefined) cache.add(key, values)
    return values
  }
  const encoded = async (batch: FeatureBatch): Promise<EncodedRows> => {
    const states: Float32Array[] = []
    for (const row of batch.rows.keys()) states.push(await statesOf(batch, row))
    return padded(states, options.config.d_model)
  }
  return {
    async inputs(batch) {
      const {states, mask} = await encoded(batch)
      return {encoder_states: states, context_mask: mask}
    },
    encoded,
    hasCached: rows =>
      rows.every(row => {
        const key = keyOf(row)
        return key !== undefined && cache.has(key)
      }),
    async close() {
      cache.close()
      await encoder.close()
    },
  }
}

function keyOf(row: FeatureBatch['rows'][number] | undefined): string | undefined {
  const [item, ...others] = row ?? []
  return item === undefined || others.length > 0 ? undefined : `${item.id}\u0000${item.audio}`
}

function padded(rows: readonly Float32Array[], width: number): EncodedRows {
  const lengths = rows.map(({length}) => length / width)
  const longest = Math.max(...lengths)
  const values = new Float32Array(rows.length * longest * width)
  for (const [row, own] of rows.entries()) values.set(own, row * longest * width)
  const states: Values<Float32Array> = {values, shape: [rows.length, longest, width]}
  return {states, mask: lengthMask(lengths, longest)}
}
