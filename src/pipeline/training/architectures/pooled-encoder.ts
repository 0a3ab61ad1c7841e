import type {Ops} from '../engine/ops.js'
import {type Pooling, pool} from '../layers/pooling.js'
import {withoutTraining} from '../layers/without-training.js'
import {type SpeechEncoderConfig, SUBSAMPLING, speechEncoder} from './speech-encoder.js'

export interface PooledEncoderConfig {
  readonly encoder: SpeechEncoderConfig
  readonly pooling: Pooling
  /** Keep the weights of the encoder as they are. */
  readonly frozen: boolean
}

/** A recording as one vector: inputs as the speech encoder has them → [batch, width], or twice the width for statistics. */
export function pooledEncoder<T>(ops: Ops<T>, {encoder, pooling, frozen}: PooledEncoderConfig): T {
  const states = speechEncoder(frozen ? withoutTraining(ops) : ops, encoder)
  const time = `time*${1 / SUBSAMPLING}`
  const present = ops.input('present', ['batch', time, 1])
  const mask = ops.input('mask', ['batch', 1, 1, time])
  return ops.dropout(pool(ops, states, {pooling, present, mask}), encoder.dropout)
}
