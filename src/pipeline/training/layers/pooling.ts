import type {Ops} from '../engine/ops.js'
import {layerNorm} from './layer-norm.js'
import {linear} from './linear.js'

export const POOLINGS = ['mean', 'attentive_statistics'] as const
export type Pooling = (typeof POOLINGS)[number]

export interface PoolingOptions<T> {
  readonly pooling: Pooling
  /** [batch, time, 1]: 0 at padding, else 1. */
  readonly present: T
  /** [batch, 1, 1, time]: far below 0 at padding, else 0. */
  readonly mask: T
}

/** Neurons that decide what is listened to. */
const ATTENTION_NEURONS = 128
const VARIANCE_FLOOR = 1e-5

/** One vector of all states that are not padding, [batch, time, width] → [batch, width], or twice the width for statistics. */
export function pool<T>(ops: Ops<T>, states: T, {pooling, present, mask}: PoolingOptions<T>): T {
  if (pooling === 'attentive_statistics') return attentiveStatistics(ops, states, mask)
  return ops.divide(ops.mean(ops.multiply(states, present), [1]), ops.mean(present, [1]))
}

/**
 * Mean and standard deviation over time, weighted by attention (Okabe et al., arXiv:1803.10963) that each channel has for
 * itself (Desplanques et al., arXiv:2005.07143), and a layer norm over both.
 */
function attentiveStatistics<T>(ops: Ops<T>, states: T, mask: T): T {
  const width = Number(ops.shapeOf(states).at(-1))
  const hidden = ops.tanh(linear(ops, states, 'pooling.hidden', Math.min(ATTENTION_NEURONS, width)))
  const scores = ops.transpose(linear(ops, hidden, 'pooling.scores', width), [0, 2, 1])
  const weights = ops.softmax(ops.add(scores, ops.reshape(mask, [0, 1, -1])))
  const channels = ops.transpose(states, [0, 2, 1])
  const mean = ops.sum(ops.multiply(weights, channels), [2], true)
  const distance = ops.subtract(channels, mean)
  const variance = ops.sum(ops.multiply(weights, ops.multiply(distance, distance)), [2])
  const deviation = ops.sqrt(ops.add(variance, ops.constant([VARIANCE_FLOOR], [])))
  return layerNorm(ops, ops.concatenate([ops.sum(mean, [2]), deviation], 1), 'pooling.norm')
}
