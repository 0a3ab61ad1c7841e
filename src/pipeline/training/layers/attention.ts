import type {Ops} from '../engine/ops.js'
import {linear} from './linear.js'

export interface AttentionOptions<T> {
  readonly heads: number
  /** Added to the scores, broadcast to [batch, heads, time, time]: far below 0 where nothing is to be heard. */
  readonly mask?: T | undefined
  /** Cosines and sines of rotary positions, [time, head size], to tell places apart (Su et al., arXiv:2104.09864). */
  readonly rotary?: {readonly cosines: T; readonly sines: T} | undefined
}

/** Multi-head self-attention (Vaswani et al., arXiv:1706.03762), [batch, time, width] → the same. */
export function selfAttention<T>(ops: Ops<T>, x: T, name: string, {heads, mask, rotary}: AttentionOptions<T>): T {
  const width = Number(ops.shapeOf(x).at(-1))
  const size = width / heads
  const projected = linear(ops, x, `${name}.qkv`, 3 * width)
  const [query, key, value] = [0, 1, 2].map(part => {
    const own = ops.slice(projected, 2, part * width, (part + 1) * width)
    return ops.transpose(ops.reshape(own, [0, 0, heads, size]), [0, 2, 1, 3])
  }) as [T, T, T]
  const turn = (one: T) => (rotary === undefined ? one : rotate(ops, one, rotary))
  const scaled = ops.multiply(turn(query), ops.constant([1 / Math.sqrt(size)], []))
  const scores = ops.matMul(scaled, turn(key), {transposeB: true})
  const weights = ops.softmax(mask === undefined ? scores : ops.add(scores, mask))
  const heard = ops.transpose(ops.matMul(weights, value), [0, 2, 1, 3])
  return linear(ops, ops.reshape(heard, [0, 0, width]), `${name}.out`, width)
}

/** Turns pairs (i, i + size ∕ 2) by angles that grow with the place. */
function rotate<T>(ops: Ops<T>, x: T, {cosines, sines}: {readonly cosines: T; readonly sines: T}): T {
  const half = Number(ops.shapeOf(x).at(-1)) / 2
  const [first, second] = [ops.slice(x, 3, 0, half), ops.slice(x, 3, half, 2 * half)]
  const turned = ops.concatenate([ops.multiply(second, ops.constant([-1], [])), first], 3)
  return ops.add(ops.multiply(x, cosines), ops.multiply(turned, sines))
}
