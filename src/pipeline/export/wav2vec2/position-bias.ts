import type {Value} from '../../onnx/graph-builder.js'
import {linear, type Scope} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'

/**
 * WavLM's bias by the distance of two frames, [1, heads, frames, frames]: one for all layers. The bucket of each distance
 * is computed here, once: from the largest distance on it is the same.
 *
 * Source: transformers, `modeling_wavlm.py`, `compute_bias`.
 */
export function positionBias({graph, weights}: Scope, states: Value, name: string, config: Wav2Vec2Config): Value {
  const {max_bucket_distance: largest, num_buckets: buckets, num_attention_heads: heads} = config
  const [zero, one] = [weights.integers([0]), weights.integers([1])]
  const frames = graph.node('Squeeze', [graph.node('Shape', [states], {attributes: {start: 1, end: 2}}), zero])
  const [from, step] = [zero, one].map(value => graph.node('Squeeze', [value, zero]))
  const places = graph.node('Range', [from ?? '', frames, step ?? ''])
  const distances = graph.node('Sub', [graph.node('Unsqueeze', [places, zero]), graph.node('Unsqueeze', [places, one])])
  const near = graph.node('Max', [
    graph.node('Min', [distances, weights.integers([largest])]),
    weights.integers([-largest]),
  ])
  const index = graph.node('Add', [near, weights.integers([largest])])
  const table = weights.integers(Array.from({length: 2 * largest + 1}, (_, i) => bucketOf(i - largest, config)))
  const embedding = weights.take(name, [buckets, heads])
  const values = graph.node('Gather', [embedding, graph.node('Gather', [table, index])])
  const turned = graph.node('Transpose', [values], {attributes: {perm: [2, 0, 1]}})
  return graph.node('Unsqueeze', [turned, zero])
}

/** In single precision, as PyTorch computes it: a distance at the border of two buckets goes into the same one. */
function bucketOf(distance: number, {num_buckets, max_bucket_distance: largest}: Wav2Vec2Config): number {
  const buckets = Math.floor(num_buckets / 2)
  const exact = Math.floor(buckets / 2)
  const later = distance > 0 ? buckets : 0
  const size = Math.abs(distance)
  if (size < exact) return later + size
  const logarithm = Math.fround(Math.log(Math.fround(size / exact)))
  const part = Math.fround(Math.fround(logarithm / Math.fround(Math.log(largest / exact))) * (buckets - exact))
  return later + Math.min(Math.trunc(Math.fround(exact + part)), buckets - 1)
}

/** The bias, scaled for each head and frame by a gate that is computed from the frame. `x`: [batch, heads, frames, size]. */
export function gate(
  {graph, weights}: Scope,
  scope: {readonly x: Value; readonly bias: Value; readonly name: string},
  config: Wav2Vec2Config,
): Value {
  const {num_attention_heads: heads, hidden_size: width} = config
  const {x, bias, name} = scope
  const sizes = {inputs: width / heads, outputs: 8}
  const projected = linear({graph, weights}, x, `${name}.gru_rel_pos_linear`, sizes)
  const pairs = graph.node('Reshape', [projected, weights.integers([0, 0, 0, 2, 4])])
  const sums = graph.node('ReduceSum', [pairs, weights.integers([-1])], {attributes: {keepdims: 0}})
  const sigmoid = graph.node('Sigmoid', [sums])
  const [first = '', second = ''] = graph.nodes('Split', [sigmoid, weights.integers([1, 1])], 2, {
    attributes: {axis: -1},
  })
  const constant = weights.take(`${name}.gru_rel_pos_const`, [1, heads, 1, 1])
  const inner = graph.node('Sub', [graph.node('Mul', [second, constant]), weights.scalar(1)])
  const gated = graph.node('Add', [graph.node('Mul', [first, inner]), weights.scalar(2)])
  return graph.node('Mul', [gated, bias])
}
