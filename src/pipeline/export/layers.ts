import {Float, type GraphBuilder, type Value} from '../onnx/graph-builder.js'
import type {GraphWeights} from './graph-weights.js'

/** Where layers are added: the nodes to `graph`, which may be a subgraph; the weights to the main graph. */
export interface Scope {
  readonly graph: GraphBuilder
  readonly weights: GraphWeights
}

/** Activations that are exported, by the names that transformers gives them. */
export const ACTIVATIONS = ['gelu', 'relu', 'gelu_new', 'gelu_pytorch_tanh'] as const
export type Activation = (typeof ACTIVATIONS)[number]

export interface Sizes {
  readonly inputs: number
  readonly outputs: number
}

/** x · weightᵀ + bias over the last dimension. `bias: false` for layers without one. */
export function linear({graph, weights}: Scope, x: Value, name: string, {inputs, outputs}: Sizes, bias = true): Value {
  const product = graph.node('MatMul', [x, weights.takeTransposed(`${name}.weight`, inputs, outputs)], {name})
  return bias ? graph.node('Add', [product, weights.take(`${name}.bias`, [outputs])], {name: `${name}.add`}) : product
}

export function layerNorm({graph, weights}: Scope, x: Value, name: string, size: number, epsilon = 1e-5): Value {
  const inputs = [x, weights.take(`${name}.weight`, [size]), weights.take(`${name}.bias`, [size])]
  return graph.node('LayerNormalization', inputs, {name, attributes: {axis: -1, epsilon: new Float(epsilon)}})
}

export function activate(scope: Scope, x: Value, activation: Activation): Value {
  const {graph, weights} = scope
  if (activation === 'relu') return graph.node('Relu', [x])
  const inner = activation === 'gelu' ? gaussian(scope, x) : gaussianByTanh(scope, x)
  const product = graph.node('Mul', [x, graph.node('Add', [inner, weights.scalar(1)])])
  return graph.node('Mul', [product, weights.scalar(0.5)])
}

/** erf(x ∕ √2), in the form that ONNX Runtime makes one Gelu of. */
function gaussian({graph, weights}: Scope, x: Value): Value {
  return graph.node('Erf', [graph.node('Div', [x, weights.scalar(Math.SQRT2)])])
}

/** tanh(√(2∕π) · (x + 0.044715 x³)). */
function gaussianByTanh({graph, weights}: Scope, x: Value): Value {
  const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x])
  const sum = graph.node('Add', [x, graph.node('Mul', [cube, weights.scalar(0.044715)])])
  return graph.node('Tanh', [graph.node('Mul', [sum, weights.scalar(Math.sqrt(2 / Math.PI))])])
}

/** [batch, time, heads × size] → [batch, heads, time, size]. */
export function splitHeads({graph, weights}: Scope, x: Value, heads: number, size: number): Value {
  const split = graph.node('Reshape', [x, weights.integers([0, 0, heads, size])])
  return graph.node('Transpose', [split], {attributes: {perm: [0, 2, 1, 3]}})
}

/** [batch, heads, time, size] → [batch, time, heads × size]. */
function joinHeads({graph, weights}: Scope, x: Value, width: number): Value {
  const turned = graph.node('Transpose', [x], {attributes: {perm: [0, 2, 1, 3]}})
  return graph.node('Reshape', [turned, weights.integers([0, 0, width])])
}

export interface AttentionInputs {
  /** Scaled, [batch, heads, time, size]. */
  readonly query: Value
  readonly key: Value
  readonly value: Value
  /** Added to the scores before softmax. */
  readonly bias?: Value | undefined
  /** heads × size. */
  readonly width: number
}

/** Attention: `output` [batch, time, width] and the weights after softmax [batch, heads, time, key time]. */
export function attend(scope: Scope, {query, key, value, bias, width}: AttentionInputs) {
  const {graph} = scope
  const turned = graph.node('Transpose', [key], {attributes: {perm: [0, 1, 3, 2]}})
  const scores = graph.node('MatMul', [query, turned])
  const biased = bias === undefined ? scores : graph.node('Add', [scores, bias])
  const weights = graph.node('Softmax', [biased], {attributes: {axis: -1}})
  return {output: joinHeads(scope, graph.node('MatMul', [weights, value]), width), weights}
}
