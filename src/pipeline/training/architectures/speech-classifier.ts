import type {Ops} from '../engine/ops.js'
import {linear} from '../layers/linear.js'
import {type PooledEncoderConfig, pooledEncoder} from './pooled-encoder.js'

export interface SpeechClassifierConfig extends PooledEncoderConfig {
  readonly classes: number
}

/** Says which class a recording is of: inputs as the speech encoder has them → logits [batch, classes]. */
export function speechClassifier<T>(ops: Ops<T>, config: SpeechClassifierConfig): T {
  return linear(ops, pooledEncoder(ops, config), 'classifier', config.classes)
}
