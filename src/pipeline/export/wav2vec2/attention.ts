import type {Value} from '../../onnx/graph-builder.js'
import {attend, linear, type Scope, splitHeads} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'
import {gate} from './position-bias.js'

export interface AttentionInput {
  /** [batch, frames, width]. */
  readonly x: Value
  readonly name: string
  /** WavLM's bias by distance, before the gate of the layer. */
  readonly bias: Value | undefined
}

/** The attention of one layer, with the projections before and after it. */
export type Attention = (scope: Scope, input: AttentionInput, config: Wav2Vec2Config) => Value

/** With ONNX's own operators. */
export const attention: Attention = (scope, {x, name, bias}, config) => {
  const {graph, weights} = scope
  const {hidden_size: width, num_attention_heads: heads} = config
  const size = width / heads
  const sizes = {inputs: width, outputs: width}
  const project = (part: string) => linear(scope, x, `${name}.${part}`, sizes)
  const split = (y: Value) => splitHeads(scope, y, heads, size)
  const query = split(graph.node('Mul', [project('q_proj'), weights.scalar(size ** -0.5)]))
  const gated = bias === undefined ? undefined : gate(scope, {x: split(x), bias, name}, config)
  const key = split(project('k_proj'))
  const {output} = attend(scope, {query, key, value: split(project('v_proj')), bias: gated, width})
  return linear(scope, output, `${name}.out_proj`, sizes)
}
