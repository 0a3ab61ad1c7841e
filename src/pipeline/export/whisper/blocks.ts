import type {Value} from '../../onnx/graph-builder.js'
import {activate, attend, layerNorm, linear, type Scope, splitHeads} from '../layers.js'
import type {WhisperConfig} from './config.js'

export interface KeysAndValues {
  readonly key: Value
  readonly value: Value
}

/** Keys (which have no bias) and values of `states`, [batch, heads, time, size]. */
export function projectKeysAndValues(scope: Scope, states: Value, name: string, heads: number, width: number) {
  const sizes = {inputs: width, outputs: width}
  const split = (x: Value) => splitHeads(scope, x, heads, width / heads)
  return {
    key: split(linear(scope, states, `${name}.k_proj`, sizes, false)),
    value: split(linear(scope, states, `${name}.v_proj`, sizes)),
  }
}

export interface AttentionOptions {
  readonly heads: number
  readonly width: number
  readonly bias?: Value | undefined
}

/** Attention of `x` to given keys and values. Queries are scaled before the product, as transformers does it. */
export function attendTo(scope: Scope, x: Value, name: string, {key, value}: KeysAndValues, options: AttentionOptions) {
  const {heads, width, bias} = options
  const sizes = {inputs: width, outputs: width}
  const scale = scope.weights.scalar((width / heads) ** -0.5)
  const scaled = scope.graph.node('Mul', [linear(scope, x, `${name}.q_proj`, sizes), scale])
  const query = splitHeads(scope, scaled, heads, width / heads)
  const {output, weights} = attend(scope, {query, key, value, bias, width})
  return {output: linear(scope, output, `${name}.out_proj`, sizes), weights}
}

/** The last part of a layer of either side: x + feed-forward(norm(x)). */
export function feedForward(scope: Scope, x: Value, name: string, config: WhisperConfig, hidden: number): Value {
  const {d_model: width, activation_function: activation} = config
  const normed = layerNorm(scope, x, `${name}.final_layer_norm`, width)
  const inner = activate(scope, linear(scope, normed, `${name}.fc1`, {inputs: width, outputs: hidden}), activation)
  return scope.graph.node('Add', [x, linear(scope, inner, `${name}.fc2`, {inputs: hidden, outputs: width})])
}
