import {MICROSOFT} from '../fused-domains.js'
import {linear, splitHeads} from '../layers.js'
import type {Attention} from './attention.js'
import {gate} from './position-bias.js'

/**
 * As one operator of ONNX Runtime's own, which splits the heads and adds the biases as it goes. Without a bias by distance
 * it never holds all scores at once, so that memory grows with the length and not with its square.
 */
export const fusedAttention: Attention = (scope, {x, name, bias}, config) => {
  const {graph, weights} = scope
  const {hidden_size: width, num_attention_heads: heads} = config
  const sizes = {inputs: width, outputs: width}
  const parts = ['q_proj', 'k_proj', 'v_proj'].map(part => `${name}.${part}`)
  const projected = parts.map(part => linear(scope, x, part, sizes, false))
  const biases = weights.takeEndToEnd(
    parts.map(part => `${part}.bias`),
    width,
  )
  const gated =
    bias === undefined ? [] : ['', gate(scope, {x: splitHeads(scope, x, heads, width / heads), bias, name}, config)]
  const heard = graph.node('MultiHeadAttention', [...projected, biases, ...gated], {
    name,
    domain: MICROSOFT,
    attributes: {num_heads: heads},
  })
  return linear(scope, heard, `${name}.out_proj`, sizes)
}
