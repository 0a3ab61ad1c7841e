import type {Ops} from '../engine/ops.js'

export interface KeysAndValues<T> {
  readonly key: T
  readonly value: T
}

/** [batch, time, heads × size] → [batch, heads, time, size]. */
export function splitHeads<T>(ops: Ops<T>, x: T, heads: number): T {
  const size = Number(ops.shapeOf(x).at(-1)) / heads
  return ops.transpose(ops.reshape(x, [0, 0, heads, size]), [0, 2, 1, 3])
}

/**
 * What queries [batch, heads, time, size] hear of keys and values [batch, heads, places, size]: [batch, time, heads × size]
 * (Vaswani et al., arXiv:1706.03762).
 *
 * @param mask added to the scores, broadcast to [batch, heads, time, places]: far below 0 where nothing is to be heard
 */
export function attend<T>(ops: Ops<T>, query: T, {key, value}: KeysAndValues<T>, mask: T | undefined): T {
  const [, heads, , size] = ops.shapeOf(query).map(Number)
  const scaled = ops.multiply(query, ops.constant([Number(size) ** -0.5], []))
  const scores = ops.matMul(scaled, key, {transposeB: true})
  const weights = ops.softmax(mask === undefined ? scores : ops.add(scores, mask))
  const heard = ops.transpose(ops.matMul(weights, value), [0, 2, 1, 3])
  return ops.reshape(heard, [0, 0, Number(heads) * Number(size)])
}
