import type {Value} from '../../onnx/graph-builder.js'
import {activate, layerNorm, linear, type Scope} from '../layers.js'
import type {Attention} from './attention.js'
import type {Wav2Vec2Config} from './config.js'
import {positionBias} from './position-bias.js'

/** The transformer over frames [batch, frames, width]; gives the states before the first layer and after each. */
export function encoder(
  scope: Scope,
  frames: Value,
  {name, attention}: {readonly name: string; readonly attention: Attention},
  config: Wav2Vec2Config,
): Value[] {
  const {hidden_size: width, layer_norm_eps: epsilon, do_stable_layer_norm: stable} = config
  const norm = (x: Value) => layerNorm(scope, x, `${name}.layer_norm`, width, epsilon)
  const placed = scope.graph.node('Add', [
    frames,
    positionalConvolution(scope, frames, `${name}.pos_conv_embed.conv`, config),
  ])
  const bias =
    config.model_type === 'wavlm'
      ? positionBias(scope, frames, `${name}.layers.0.attention.rel_attn_embed.weight`, config)
      : undefined
  let x = stable ? placed : norm(placed)
  const states = [x]
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const attend = (y: Value) => attention(scope, {x: y, name: `${name}.layers.${layer}.attention`, bias}, config)
    x = (stable ? stableLayer : plainLayer)(scope, x, {name: `${name}.layers.${layer}`, attend}, config)
    states.push(x)
  }
  return stable ? [...states.slice(0, -1), norm(x)] : states
}

/** Padded so that as many frames come out: one less at the end where the kernel is even. */
function positionalConvolution(scope: Scope, frames: Value, name: string, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  const {hidden_size: width, num_conv_pos_embeddings: kernel, num_conv_pos_embedding_groups: group} = config
  const before = Math.floor(kernel / 2)
  const perm = [0, 2, 1]
  const weight = weights.takeNormalized(`${name}.weight`, [width, width / group, kernel])
  const inputs = [
    graph.node('Transpose', [frames], {attributes: {perm}}),
    weight,
    weights.take(`${name}.bias`, [width]),
  ]
  const convolved = graph.node('Conv', inputs, {
    name,
    attributes: {kernel_shape: [kernel], group, pads: [before, kernel % 2 === 0 ? before - 1 : before]},
  })
  const activated = activate(scope, convolved, config.feat_extract_activation)
  return graph.node('Transpose', [activated], {attributes: {perm}})
}

interface Layer {
  readonly name: string
  readonly attend: (x: Value) => Value
}

/** Normalised after each part, as in wav2vec 2.0 base. */
function plainLayer(scope: Scope, x: Value, {name, attend}: Layer, config: Wav2Vec2Config): Value {
  const {graph} = scope
  const norm = (y: Value, part: string) =>
    layerNorm(scope, y, `${name}.${part}`, config.hidden_size, config.layer_norm_eps)
  const heard = norm(graph.node('Add', [x, attend(x)]), 'layer_norm')
  const fed = graph.node('Add', [heard, feedForward(scope, heard, `${name}.feed_forward`, config)])
  return norm(fed, 'final_layer_norm')
}

/** Normalised before each part, as in wav2vec 2.0 large; with the adapters of MMS where the model has them. */
function stableLayer(scope: Scope, x: Value, {name, attend}: Layer, config: Wav2Vec2Config): Value {
  const {graph} = scope
  const norm = (y: Value, part: string) =>
    layerNorm(scope, y, `${name}.${part}`, config.hidden_size, config.layer_norm_eps)
  const heard = graph.node('Add', [x, attend(norm(x, 'layer_norm'))])
  const fed = graph.node('Add', [
    heard,
    feedForward(scope, norm(heard, 'final_layer_norm'), `${name}.feed_forward`, config),
  ])
  const {adapter_attn_dim: inner, hidden_size: width, model_type} = config
  if (inner === undefined || inner === null || model_type === 'wavlm') return fed
  const adapter = `${name}.adapter_layer`
  const down = linear(scope, layerNorm(scope, fed, `${adapter}.norm`, width), `${adapter}.linear_1`, {
    inputs: width,
    outputs: inner,
  })
  const up = linear(scope, graph.node('Relu', [down]), `${adapter}.linear_2`, {inputs: inner, outputs: width})
  return graph.node('Add', [fed, up])
}

function feedForward(scope: Scope, x: Value, name: string, config: Wav2Vec2Config): Value {
  const {hidden_size: width, intermediate_size: hidden} = config
  const inner = linear(scope, x, `${name}.intermediate_dense`, {inputs: width, outputs: hidden})
  return linear(scope, activate(scope, inner, config.hidden_act), `${name}.output_dense`, {
    inputs: hidden,
    outputs: width,
  })
}
