import {GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import type {GraphContext} from '../graph-context.js'
import {GraphWeights} from '../graph-weights.js'
import {activate, layerNorm, type Scope} from '../layers.js'
import {attendTo, feedForward, projectKeysAndValues} from './blocks.js'
import type {WhisperConfig} from './config.js'

/** `encoder_model.onnx`: features [batch, mels, 2 × positions] → states [batch, positions, width]. */
export function buildEncoder(config: WhisperConfig, {checkpoint, used, build}: GraphContext): Model {
  const graph = new GraphBuilder('encoder_model')
  const scope: Scope = {graph, weights: new GraphWeights(graph, checkpoint, used)}
  const {d_model: width, num_mel_bins: mels, max_source_positions: positions} = config
  const features = graph.input('input_features', DataType.FLOAT, ['batch_size', mels, 2 * positions])
  const first = convolution(scope, features, 'model.encoder.conv1', {inputs: mels, stride: 1}, config)
  const second = convolution(scope, first, 'model.encoder.conv2', {inputs: width, stride: 2}, config)
  const turned = graph.node('Transpose', [second], {attributes: {perm: [0, 2, 1]}})
  const embedded = scope.weights.take('model.encoder.embed_positions.weight', [positions, width])
  let states = graph.node('Add', [turned, embedded])
  for (let layer = 0; layer < config.encoder_layers; layer++) states = encoderLayer(scope, states, layer, config)
  states = layerNorm(scope, states, 'model.encoder.layer_norm', width)
  graph.output(states, DataType.FLOAT, ['batch_size', positions, width], 'last_hidden_state')
  return graph.build(build)
}

function convolution(
  scope: Scope,
  x: Value,
  name: string,
  {inputs, stride}: {readonly inputs: number; readonly stride: number},
  {d_model: width, activation_function: activation}: WhisperConfig,
): Value {
  const {graph, weights} = scope
  const convolved = graph.node(
    'Conv',
    [x, weights.take(`${name}.weight`, [width, inputs, 3]), weights.take(`${name}.bias`, [width])],
    {name, attributes: {kernel_shape: [3], strides: [stride], pads: [1, 1]}},
  )
  return activate(scope, convolved, activation)
}

function encoderLayer(scope: Scope, states: Value, layer: number, config: WhisperConfig): Value {
  const {d_model: width, encoder_attention_heads: heads} = config
  const name = `model.encoder.layers.${layer}`
  const normed = layerNorm(scope, states, `${name}.self_attn_layer_norm`, width)
  const own = projectKeysAndValues(scope, normed, `${name}.self_attn`, heads, width)
  const {output} = attendTo(scope, normed, `${name}.self_attn`, own, {heads, width})
  return feedForward(scope, scope.graph.node('Add', [states, output]), name, config, config.encoder_ffn_dim)
}
