import {Float, type Value} from '../../onnx/graph-builder.js'
import {activate, layerNorm, linear, type Scope} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'

/** Waveform [batch, samples] → hidden states [batch, frames, width]. `base` is the name of the model's body. */
export function featureExtractor(scope: Scope, waveform: Value, base: string, config: Wav2Vec2Config): Value {
  const frames = convolutionalFeatures(scope, waveform, base, config)
  return featureProjection(scope, frames, `${base}.feature_projection`, config)
}

/** Waveform [batch, samples] → features [batch, frames, channels]: the convolutions alone. */
export function convolutionalFeatures(scope: Scope, waveform: Value, base: string, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  let x = graph.node('Unsqueeze', [waveform, weights.integers([1])])
  for (let layer = 0; layer < config.conv_dim.length; layer++)
    x = convolution(scope, x, `${base}.feature_extractor.conv_layers.${layer}`, layer, config)
  return graph.node('Transpose', [x], {attributes: {perm: [0, 2, 1]}})
}

function convolution(scope: Scope, x: Value, name: string, layer: number, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  const outputs = config.conv_dim[layer] ?? 0
  const kernel = config.conv_kernel[layer] ?? 0
  const shape = [outputs, layer === 0 ? 1 : (config.conv_dim[layer - 1] ?? 0), kernel]
  const bias = config.conv_bias ? [weights.take(`${name}.conv.bias`, [outputs])] : []
  const convolved = graph.node('Conv', [x, weights.take(`${name}.conv.weight`, shape), ...bias], {
    name: `${name}.conv`,
    attributes: {kernel_shape: [kernel], strides: [config.conv_stride[layer] ?? 1]},
  })
  return activate(scope, normalize(scope, convolved, name, layer, config), config.feat_extract_activation)
}

/** `group`: only the first layer is normalised, each channel over time; `layer`: all are, each frame over channels. */
function normalize(scope: Scope, x: Value, name: string, layer: number, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  const channels = config.conv_dim[layer] ?? 0
  if (config.feat_extract_norm === 'layer') {
    const perm = [0, 2, 1]
    const turned = graph.node('Transpose', [x], {attributes: {perm}})
    const normed = layerNorm(scope, turned, `${name}.layer_norm`, channels)
    return graph.node('Transpose', [normed], {attributes: {perm}})
  }
  if (layer > 0) return x
  const affine = ['weight', 'bias'].map(part => weights.take(`${name}.layer_norm.${part}`, [channels]))
  return graph.node('InstanceNormalization', [x, ...affine], {
    name: `${name}.layer_norm`,
    attributes: {epsilon: new Float(1e-5)},
  })
}

/** Features [batch, frames, channels] → hidden states [batch, frames, width]. */
export function featureProjection(scope: Scope, frames: Value, name: string, config: Wav2Vec2Config): Value {
  const inputs = config.conv_dim.at(-1) ?? 0
  const normed =
    config.model_type === 'hubert' && !config.feat_proj_layer_norm
      ? frames
      : layerNorm(scope, frames, `${name}.layer_norm`, inputs, config.layer_norm_eps)
  return linear(scope, normed, `${name}.projection`, {inputs, outputs: config.hidden_size})
}
