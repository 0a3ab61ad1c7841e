import type {Value} from '../../../onnx/graph-builder.js'
import {layerNorm} from '../../layers.js'
import type {KeysAndValues} from '../blocks.js'
import type {WhisperConfig} from '../config.js'
import {type AttentionSizes, crossAttention, type SelfContext, selfAttention} from './attention.js'
import {addNormed, biasedActivation, product} from './layers.js'
import type {Operators} from './operators.js'

export interface LayerInputs {
  readonly past: readonly KeysAndValues[]
  readonly cross: readonly KeysAndValues[]
  readonly self: SelfContext
  readonly sizes: AttentionSizes
  /** Whose cross-attention is given too, where `aligned` ([]) says so. */
  readonly heads: readonly (readonly [layer: number, head: number])[]
  readonly aligned: Value
}

export interface LayerOutputs {
  /** After the last normalisation, [rows, tokens, width]. */
  readonly states: Value
  readonly present: readonly KeysAndValues[]
  /** Of each layer that has such heads, [windows, its heads, rows of a window × tokens, positions]. */
  readonly attentions: ReadonlyMap<number, Value>
}

/** All layers of the decoder and the last normalisation. `embedded`: [rows, tokens, width]. */
export function decoderLayers(
  scope: Operators,
  embedded: Value,
  {past, cross, self, sizes, heads, aligned}: LayerInputs,
  config: WhisperConfig,
): LayerOutputs {
  const {d_model: width, decoder_layers: layers, decoder_ffn_dim: hidden, activation_function: activation} = config
  const square = {inputs: width, outputs: width}
  const name = (layer: number) => `model.decoder.layers.${layer}`
  const normName = (layer: number) =>
    layer < layers ? `${name(layer)}.self_attn_layer_norm` : 'model.decoder.layer_norm'
  const present: KeysAndValues[] = []
  const attentions = new Map<number, Value>()
  let states = embedded
  let normed = layerNorm(scope, embedded, normName(0), width)
  for (const [layer, before] of past.entries()) {
    const heard = selfAttention(scope, normed, `${name(layer)}.self_attn`, {past: before, context: self, sizes})
    present.push(heard.present)
    const own = product(scope, heard.output, `${name(layer)}.self_attn.out_proj`, square)
    const between = addNormed(scope, states, own, `${name(layer)}.encoder_attn_layer_norm`, width)
    const seen = crossAttention(scope, between.normed, `${name(layer)}.encoder_attn`, {
      cross: cross[layer] ?? before,
      sizes,
      heads: heads.filter(([at]) => at === layer).map(([, head]) => head),
      wanted: aligned,
    })
    if (seen.weights !== undefined) attentions.set(layer, seen.weights)
    const read = product(scope, seen.output, `${name(layer)}.encoder_attn.out_proj`, square)
    const after = addNormed(scope, between.states, read, `${name(layer)}.final_layer_norm`, width)
    const first = product(scope, after.normed, `${name(layer)}.fc1`, {inputs: width, outputs: hidden})
    const inner = biasedActivation(scope, first.product, first.bias, activation)
    const second = product(scope, inner, `${name(layer)}.fc2`, {inputs: hidden, outputs: width})
    ;({states, normed} = addNormed(scope, after.states, second, normName(layer + 1), width))
  }
  return {states: normed, present, attentions}
}
