import type {Ops} from '../engine/ops.js'
import {linear} from '../layers/linear.js'
import {toUnitLength} from '../layers/unit-length.js'
import {type PooledEncoderConfig, pooledEncoder} from './pooled-encoder.js'

/** The weight with a column for each speaker of the training. */
export const SPEAKER_CENTRES = 'speakers.weight'

export interface SpeakerEmbeddingConfig extends PooledEncoderConfig {
  /** Size of an embedding. */
  readonly embedding: number
}

/** What tells speakers apart, of length 1: inputs as the speech encoder has them → [batch, embedding]. */
export function speakerEmbedding<T>(ops: Ops<T>, config: SpeakerEmbeddingConfig): T {
  return toUnitLength(ops, linear(ops, pooledEncoder(ops, config), 'embedding', config.embedding), 1)
}

/**
 * The embedding and how near it is to each speaker of the training: [batch, speakers + embedding], cosines first. One
 * output, as the loss wants the cosines and the trials of other speakers the embedding.
 */
export function speakerModel<T>(ops: Ops<T>, config: SpeakerEmbeddingConfig & {readonly speakers: number}): T {
  const embedding = speakerEmbedding(ops, config)
  const centres = toUnitLength(ops, ops.parameter(SPEAKER_CENTRES, [config.embedding, config.speakers]), 0)
  return ops.concatenate([ops.matMul(embedding, centres), embedding], 1)
}
