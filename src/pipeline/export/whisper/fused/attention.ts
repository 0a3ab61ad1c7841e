import {Float, type Value} from '../../../onnx/graph-builder.js'
import {floatTensor} from '../../../onnx/tensor.js'
import type {KeysAndValues} from '../blocks.js'
import {product} from './layers.js'
import {floatKind, type Operators} from './operators.js'

export interface AttentionSizes {
  readonly width: number
  readonly heads: number
  /** [windows, −1, heads, size of a head]: rows of a window one after the other. */
  readonly folded: Value
  /** [rows, −1, width]. */
  readonly unfolded: Value
}

/** What self-attention shares in all layers. */
export interface SelfContext {
  /** Whether the rows are others than those of the cache: each continues row `order` of it. */
  readonly reordered: Value
  readonly order: Value
  /** Added to the scores, [rows, 1, tokens, past + tokens]. */
  readonly mask: Value
}

export interface SelfInputs {
  readonly past: KeysAndValues
  readonly context: SelfContext
  readonly sizes: AttentionSizes
}

/** Biases of queries, keys and values end to end; keys have none. */
export function attentionBias({weights}: Operators, name: string, width: number): Value {
  return weights.takeEndToEnd([`${name}.q_proj.bias`, undefined, `${name}.v_proj.bias`], width)
}

/** Attention of the tokens to themselves and those before. `x`: [rows, tokens, width]. */
export function selfAttention(scope: Operators, x: Value, name: string, {past, context, sizes}: SelfInputs) {
  const {width, heads} = sizes
  const {weights, graph} = scope
  const parts = ['q_proj', 'k_proj', 'v_proj'].map(part => `${name}.${part}`)
  const weight = weights.takeSideBySide(
    parts.map(part => `${part}.weight`),
    width,
    width,
  )
  const projected = graph.node('MatMul', [x, weight], {name: `${name}.qkv_proj`})
  const queriesKeysValues = scope.split(projected, 2, scope.integers(width, width, width), 3)
  const bias = attentionBias(scope, name, width)
  const attend = (inner: Operators, {key, value}: KeysAndValues) =>
    inner.microsoft('MultiHeadAttention', [...queriesKeysValues, bias, '', context.mask, key, value], 3, {
      num_heads: heads,
    })
  const cache = floatKind('self_rows', heads, 'self_total', width / heads)
  const reorder = (inner: Operators): KeysAndValues => ({
    key: inner.gather(past.key, context.order),
    value: inner.gather(past.value, context.order),
  })
  const [output = '', presentKey = '', presentValue = ''] = scope.when(
    context.reordered,
    [floatKind('self_rows', 'self_tokens', width), cache, cache],
    inner => attend(inner, reorder(inner)),
    inner => attend(inner, past),
  )
  return {output, present: {key: presentKey, value: presentValue}}
}

export interface CrossInputs {
  readonly cross: KeysAndValues
  readonly sizes: AttentionSizes
  /** Heads whose weights after softmax are given too, where they are wanted ([]). */
  readonly heads: readonly number[]
  readonly wanted: Value
}

export interface CrossOutputs {
  readonly output: Value
  /** [windows, heads asked for, rows of a window × tokens, positions]; empty where not wanted; undefined: of no head. */
  readonly weights: Value | undefined
}

/** Attention of the tokens to the recording; rows of a window share its keys. `x`: [rows, tokens, width]. */
export function crossAttention(scope: Operators, x: Value, name: string, inputs: CrossInputs): CrossOutputs {
  const {cross, sizes, heads: asked, wanted} = inputs
  const {width, heads, folded, unfolded} = sizes
  const {product: projected, bias} = product(scope, x, `${name}.q_proj`, {inputs: width, outputs: width})
  const query = scope.transpose(scope.reshapeTo(scope.add(projected, bias), folded), 0, 2, 1, 3)
  const alpha = new Float((width / heads) ** -0.5)
  const [scores = ''] = scope.microsoft('FusedMatMul', [query, cross.key], 1, {alpha, transB: 1})
  const weights = scope.softmax(scores)
  const hear = (inner: Operators) => inner.node('MatMul', [weights, cross.value])
  if (asked.length === 0) return {output: unfoldRows(scope, hear(scope), unfolded), weights: undefined}
  // Both leave one branch, so that no layer's weights outlive it: over a long prompt they take hundreds of megabytes.
  const kinds = [
    floatKind('heard_windows', heads, 'heard_rows', width / heads),
    floatKind('kept_windows', 'kept_heads', 'kept_rows', 'kept_positions'),
  ]
  const [heard = '', kept] = scope.when(
    wanted,
    kinds,
    inner => [hear(inner), inner.gather(weights, inner.integers(...asked), 1)],
    inner => [hear(inner), inner.graph.constant(floatTensor('empty', [], [0, 0, 0, 0]))],
  )
  return {output: unfoldRows(scope, heard, unfolded), weights: kept}
}

/** [windows, heads, rows of a window × tokens, size] → [rows, tokens, width]. */
const unfoldRows = (scope: Operators, heard: Value, unfolded: Value): Value =>
  scope.reshapeTo(scope.transpose(heard, 0, 2, 1, 3), unfolded)
