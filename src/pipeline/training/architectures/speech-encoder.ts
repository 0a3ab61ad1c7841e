import type {Ops} from '../engine/ops.js'
import {selfAttention} from '../layers/attention.js'
import {convolution, depthwiseConvolution} from '../layers/convolution.js'
import {layerNorm} from '../layers/layer-norm.js'
import {linear} from '../layers/linear.js'

export interface SpeechEncoderConfig {
  readonly mels: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Neurons of the feed-forward layers. */
  readonly feedForward: number
  /** Frames that the convolution of each layer sees; odd. */
  readonly kernel: number
  /** Share of values that training sets to 0, in what each half layer adds. */
  readonly dropout: number
}

/** Frames of 10 ms to one output. */
export const SUBSAMPLING = 4

const HALF = 0.5

/**
 * A Conformer (Gulati et al., arXiv:2005.08100) with layer norm in its convolutions and rotary positions: features
 * [batch, time, mels] → states [batch, time ∕ 4, width]. Time is a multiple of 4.
 *
 * @param inputs `mask` [batch, 1, 1, time ∕ 4]: far below 0 at padding; `present` [batch, time ∕ 4, 1]: 0 there, else 1;
 *   `cosines` and `sines` [time ∕ 4, head size]
 */
export function speechEncoder<T>(ops: Ops<T>, config: SpeechEncoderConfig): T {
  const {mels, width, layers, heads, dropout} = config
  const time = `time*${1 / SUBSAMPLING}`
  const features = ops.input('features', ['batch', 'time', mels])
  const mask = ops.input('mask', ['batch', 1, 1, time])
  const present = ops.input('present', ['batch', time, 1])
  const rotary = {
    cosines: ops.input('cosines', [time, width / heads]),
    sines: ops.input('sines', [time, width / heads]),
  }
  const first = ops.silu(convolution(ops, features, 'subsample.0', {outputs: width, kernel: 3, stride: 2}))
  const second = ops.silu(convolution(ops, first, 'subsample.1', {outputs: width, kernel: 3, stride: 2}))
  let states = ops.dropout(linear(ops, second, 'subsample.out', width), dropout)
  for (let layer = 0; layer < layers; layer++) {
    const name = `layers.${layer}`
    states = halfStep(ops, states, `${name}.feed_forward1`, config)
    const heard = selfAttention(ops, layerNorm(ops, states, `${name}.attention.norm`), `${name}.attention`, {
      heads,
      mask,
      rotary,
    })
    states = ops.add(states, ops.dropout(heard, dropout))
    const near = convolutionModule(ops, states, `${name}.convolution`, {config, present})
    states = ops.add(states, ops.dropout(near, dropout))
    states = halfStep(ops, states, `${name}.feed_forward2`, config)
    states = layerNorm(ops, states, `${name}.norm`)
  }
  return states
}

function halfStep<T>(ops: Ops<T>, x: T, name: string, {width, feedForward, dropout}: SpeechEncoderConfig): T {
  const inner = ops.silu(linear(ops, layerNorm(ops, x, `${name}.norm`), `${name}.up`, feedForward))
  const outer = linear(ops, ops.dropout(inner, dropout), `${name}.down`, width)
  return ops.add(x, ops.multiply(ops.dropout(outer, dropout), ops.constant([HALF], [])))
}

function convolutionModule<T>(
  ops: Ops<T>,
  x: T,
  name: string,
  {config: {width, kernel}, present}: {readonly config: SpeechEncoderConfig; readonly present: T},
): T {
  const gated = linear(ops, layerNorm(ops, x, `${name}.norm`), `${name}.gate`, 2 * width)
  const value = ops.slice(gated, 2, 0, width)
  const glu = ops.multiply(value, ops.sigmoid(ops.slice(gated, 2, width, 2 * width)))
  // What padding says must not be heard beside it.
  const near = depthwiseConvolution(ops, ops.multiply(glu, present), `${name}.depthwise`, kernel)
  return linear(ops, ops.silu(layerNorm(ops, near, `${name}.middle_norm`)), `${name}.out`, width)
}
