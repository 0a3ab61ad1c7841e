import type {Value} from '../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import type {Scope} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'
import {unfoldSamples} from './unfold-samples.js'

/** As PyTorch's GroupNorm has it. */
const EPSILON = 1e-5

/**
 * The first convolution and the normalisation of each of its channels over time as one product: waveform
 * [batch, samples] → [batch, frames, channels].
 *
 * A channel's mean and variance follow from those of the few samples that the kernel sees: with the mean m and the
 * covariance C of these windows, a channel with the weights w has the mean w·m and the variance w·C·w. So scale and
 * shift are known before the product and go into its weights, and what is largest in the whole model, 512 channels at
 * 3.2 kHz, is written once. All but the product is in double precision: w·C·w takes differences of near numbers where a
 * kernel hears high tones only and the recording has low ones. A bias of the convolution would go with the mean.
 */
export function foldedFirstLayer(scope: Scope, waveform: Value, name: string, config: Wav2Vec2Config): Value {
  const {graph, weights} = scope
  const {
    conv_dim: [channels = 0],
    conv_kernel: [kernel = 0],
  } = config
  const windows = unfoldSamples(scope, waveform, config)
  const {mean, covariance} = statistics(scope, windows)
  const matrix = (tensor: Value, columns: number) =>
    toDouble(scope, graph.node('Reshape', [tensor, weights.integers([channels, columns])]))
  const affine = (part: string) => matrix(weights.take(`${name}.layer_norm.${part}`, [channels]), 1)
  const kernels = matrix(weights.take(`${name}.conv.weight`, [channels, 1, kernel]), kernel)
  const parts = graph.node('Mul', [graph.node('MatMul', [kernels, covariance]), kernels])
  const variance = graph.node('ReduceSum', [parts, weights.integers([-1])])
  const epsilon = toDouble(scope, weights.scalar(EPSILON))
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, epsilon])])
  const scaled = graph.node('Mul', [kernels, graph.node('Div', [affine('weight'), deviation])])
  const shift = graph.node('Sub', [affine('bias'), graph.node('MatMul', [scaled, mean])])
  const product = graph.node('Concat', [scaled, shift], {attributes: {axis: -1}})
  const rounded = graph.node('Cast', [product], {attributes: {to: DataType.FLOAT}})
  const inputs = [withOnes(scope, windows), rounded].map(x => turn(scope, x))
  return graph.node('MatMul', inputs, {name: `${name}.conv`})
}

const toDouble = ({graph}: Scope, x: Value): Value => graph.node('Cast', [x], {attributes: {to: DataType.DOUBLE}})

const turn = ({graph}: Scope, x: Value): Value => graph.node('Transpose', [x], {attributes: {perm: [0, 2, 1]}})

/** Of the windows of each recording: their mean [batch, kernel, 1] and covariance [batch, kernel, kernel]. */
function statistics(scope: Scope, windows: Value) {
  const {graph, weights} = scope
  const exact = toDouble(scope, windows)
  const frames = toDouble(scope, graph.node('Shape', [windows], {attributes: {start: 2, end: 3}}))
  const mean = graph.node('Div', [graph.node('ReduceSum', [exact, weights.integers([2])]), frames])
  const centred = graph.node('Sub', [exact, mean])
  const products = graph.node('MatMul', [centred, turn(scope, centred)])
  return {mean, covariance: graph.node('Div', [products, frames])}
}

/** With a last row of ones, against which the shift stands in the product. */
function withOnes({graph, weights}: Scope, windows: Value): Value {
  const row = graph.node('Slice', [windows, weights.integers([0]), weights.integers([1]), weights.integers([1])])
  const ones = graph.node('Add', [graph.node('Mul', [row, weights.scalar(0)]), weights.scalar(1)])
  return graph.node('Concat', [windows, ones], {attributes: {axis: 1}})
}
