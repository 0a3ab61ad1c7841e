import {GraphBuilder, type Value} from '../../../onnx/graph-builder.js'
import type {Model} from '../../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import {FUSED_DOMAINS} from '../../fused-domains.js'
import type {GraphContext} from '../../graph-context.js'
import {GraphWeights} from '../../graph-weights.js'
import {layerNorm, linear} from '../../layers.js'
import {projectKeysAndValues} from '../blocks.js'
import type {WhisperConfig} from '../config.js'
import {attentionBias} from './attention.js'
import {addNormed, biasedActivation, product} from './layers.js'
import {Operators} from './operators.js'

/**
 * `encoder_fused.onnx`: features [windows, mels, 2 × positions] → keys and values of the decoder's cross-attention, for
 * each of its layers [windows, heads, positions, size]. The convolutions are products of unfolded frames.
 */
export function buildFusedEncoder(config: WhisperConfig, {checkpoint, used, build}: GraphContext): Model {
  const graph = new GraphBuilder('encoder_fused')
  const scope = new Operators(graph, new GraphWeights(graph, checkpoint, used))
  const {d_model: width, num_mel_bins: mels, max_source_positions: positions, decoder_attention_heads: heads} = config
  const features = graph.input('input_features', DataType.FLOAT, ['windows', mels, 2 * positions])
  const table = scope.weights.take('model.encoder.embed_positions.weight', [positions, width])
  const states = encoderLayers(scope, scope.add(frames(scope, features, config), table), config)
  for (let layer = 0; layer < config.decoder_layers; layer++) {
    const name = `model.decoder.layers.${layer}.encoder_attn`
    const {key, value} = projectKeysAndValues(scope, states, name, heads, width)
    const shape = ['windows', heads, positions, width / heads]
    graph.output(key, DataType.FLOAT, shape, `cross_key.${layer}`)
    graph.output(value, DataType.FLOAT, shape, `cross_value.${layer}`)
  }
  return graph.build({...build, domains: {...build.domains, ...FUSED_DOMAINS}})
}

/** Both convolutions: [windows, mels, 2 × positions] → [windows, positions, width]. */
function frames(scope: Operators, features: Value, config: WhisperConfig): Value {
  const {d_model: width, num_mel_bins: mels, max_source_positions: positions, activation_function: activation} = config
  const convolve = (unfolded: Value, name: string, inputs: number) => {
    const weight = scope.weights.takeUnfolded(`${name}.weight`, [width, inputs, 3])
    const product = scope.graph.node('MatMul', [unfolded, weight], {name})
    return biasedActivation(scope, product, scope.weights.take(`${name}.bias`, [width]), activation)
  }
  const padded = scope.node('Pad', [scope.transpose(features, 0, 2, 1), scope.integers(0, 1, 0, 0, 1, 0)])
  const taps = [0, 1, 2].map(tap => scope.slice(padded, 1, scope.integers(tap), scope.integers(tap + 2 * positions)))
  const first = convolve(scope.concat(taps, 2), 'model.encoder.conv1', mels)
  // With a stride of 2, a place sees its pair of frames and the last frame of the pair before.
  const pairs = scope.reshape(first, 0, positions, 2 * width)
  const last = scope.slice(scope.slice(pairs, 2, scope.integers(width)), 1, scope.integers(0), scope.integers(-1))
  const before = scope.node('Pad', [last, scope.integers(0, 1, 0, 0, 0, 0)])
  return convolve(scope.concat([before, pairs], 2), 'model.encoder.conv2', width)
}

/** All layers and the last normalisation. A residual, its bias and the next normalisation are one operator. */
function encoderLayers(scope: Operators, embedded: Value, config: WhisperConfig): Value {
  const {d_model: width, encoder_layers: layers, encoder_ffn_dim: hidden, activation_function: activation} = config
  const name = (layer: number) => `model.encoder.layers.${layer}`
  const normName = (layer: number) =>
    layer < layers ? `${name(layer)}.self_attn_layer_norm` : 'model.encoder.layer_norm'
  let states = embedded
  let normed = layerNorm(scope, embedded, normName(0), width)
  for (let layer = 0; layer < layers; layer++) {
    const heard = selfAttention(scope, normed, `${name(layer)}.self_attn`, config)
    const attended = product(scope, heard, `${name(layer)}.self_attn.out_proj`, {inputs: width, outputs: width})
    const between = addNormed(scope, states, attended, `${name(layer)}.final_layer_norm`, width)
    const first = product(scope, between.normed, `${name(layer)}.fc1`, {inputs: width, outputs: hidden})
    const inner = biasedActivation(scope, first.product, first.bias, activation)
    const second = product(scope, inner, `${name(layer)}.fc2`, {inputs: hidden, outputs: width})
    ;({states, normed} = addNormed(scope, between.states, second, normName(layer + 1), width))
  }
  return normed
}

function selfAttention(scope: Operators, x: Value, name: string, config: WhisperConfig): Value {
  const {d_model: width, encoder_attention_heads: heads} = config
  const sizes = {inputs: width, outputs: width}
  const projected = ['q_proj', 'k_proj', 'v_proj'].map(part => linear(scope, x, `${name}.${part}`, sizes, false))
  const bias = attentionBias(scope, name, width)
  const [heard = ''] = scope.microsoft('MultiHeadAttention', [...projected, bias], 1, {num_heads: heads})
  return heard
}
