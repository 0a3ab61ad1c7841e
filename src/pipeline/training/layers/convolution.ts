import type {Ops} from '../engine/ops.js'
import {linear} from './linear.js'

export interface ConvolutionOptions {
  readonly outputs: number
  /** Odd. */
  readonly kernel: number
  readonly stride: number
}

/**
 * A convolution over time, [batch, time, channels] → [batch, time ∕ stride, outputs], as one product over unfolded frames.
 * Zeros before and after keep the length; time must be a multiple of the stride.
 */
export function convolution<T>(ops: Ops<T>, x: T, name: string, {outputs, kernel, stride}: ConvolutionOptions): T {
  return linear(ops, unfold(ops, x, kernel, stride), name, outputs)
}

/** Puts the `kernel` frames around every `stride`-th one side by side: [batch, time ∕ stride, kernel × channels]. */
export function unfold<T>(ops: Ops<T>, x: T, kernel: number, stride: number): T {
  const channels = Number(ops.shapeOf(x).at(-1))
  const blocks = Math.ceil(kernel / stride)
  const before = (kernel - 1) >> 1
  const added = stride * (blocks - 1)
  const padded = ops.pad(x, 1, before, added - before)
  const parts = Array.from({length: blocks}, (_, block) => {
    const start = block * stride
    const frames = ops.slice(padded, 1, start, start - added)
    const grouped = stride === 1 ? frames : ops.reshape(frames, [0, -1, stride * channels])
    const taps = Math.min(stride, kernel - start)
    return taps === stride ? grouped : ops.slice(grouped, 2, 0, taps * channels)
  })
  return parts.length === 1 ? (parts[0] as T) : ops.concatenate(parts, 2)
}

/** A convolution of each channel by itself, stride 1: weight [kernel, channels]; the kernel is odd. */
export function depthwiseConvolution<T>(ops: Ops<T>, x: T, name: string, kernel: number): T {
  const channels = Number(ops.shapeOf(x).at(-1))
  const weight = ops.parameter(`${name}.weight`, [kernel, channels])
  return ops.add(ops.depthwiseConvolution(x, weight), ops.parameter(`${name}.bias`, [channels]))
}
