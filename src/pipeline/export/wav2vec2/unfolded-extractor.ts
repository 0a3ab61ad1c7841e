import type {Value} from '../../onnx/graph-builder.js'
import {activate, layerNorm, type Scope} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'
import {featureProjection} from './feature-extractor.js'
import {foldedFirstLayer} from './folded-first-layer.js'
import {unfoldFrames, unfoldSamples} from './unfold-samples.js'

/**
 * The same as `featureExtractor`, with products over unfolded frames for convolutions: as fast in float32, and within
 * reach of dynamic quantization, which has no quick convolutions. Waveform [batch, samples] → hidden states
 * [batch, frames, width].
 */
export function unfoldedExtractor(scope: Scope, waveform: Value, base: string, config: Wav2Vec2Config): Value {
  const {feat_extract_norm: kind, feat_extract_activation: activation} = config
  let x = waveform
  for (let layer = 0; layer < config.conv_dim.length; layer++) {
    const name = `${base}.feature_extractor.conv_layers.${layer}`
    const normed =
      layer === 0 && kind === 'group'
        ? foldedFirstLayer(scope, x, name, config)
        : convolution(scope, x, name, layer, config)
    x = activate(scope, normed, activation)
  }
  return featureProjection(scope, x, `${base}.feature_projection`, config)
}

/** [batch, frames, channels], or samples for the first layer → [batch, fewer frames, more channels], normalised. */
function convolution(scope: Scope, x: Value, name: string, layer: number, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  const inputs = layer === 0 ? 1 : (config.conv_dim[layer - 1] ?? 0)
  const outputs = config.conv_dim[layer] ?? 0
  const kernel = config.conv_kernel[layer] ?? 0
  const unfolded =
    layer === 0
      ? graph.node('Transpose', [unfoldSamples(scope, x, config)], {attributes: {perm: [0, 2, 1]}})
      : unfoldFrames(scope, x, kernel, config.conv_stride[layer] ?? 1)
  const weight = weights.takeUnfolded(`${name}.conv.weight`, [outputs, inputs, kernel])
  const product = graph.node('MatMul', [unfolded, weight], {name: `${name}.conv`})
  const sum = config.conv_bias ? graph.node('Add', [product, weights.take(`${name}.conv.bias`, [outputs])]) : product
  return config.feat_extract_norm === 'layer' ? layerNorm(scope, sum, `${name}.layer_norm`, outputs) : sum
}
