import type {AdamWOptions} from '../training-engine.js'
import type {Tensor, TensorFlow} from './tensorflow.js'

/** Weights and the moments of AdamW, each one vector. */
export type StateTensors = {
  readonly parameters: Tensor
  readonly first: Tensor
  readonly second: Tensor
}

export interface AdamWStep {
  /** Learning rate. */
  readonly rate: number
  /** What gradients are scaled and shortened with. */
  readonly factor: number
  /** 1 where weights decay. */
  readonly decayed: Tensor
  /** This step's number; the first is 1. */
  readonly step: number
}

/**
 * One step of AdamW (Loshchilov, Hutter, arXiv:1711.05101): what the engine on ONNX Runtime does,
 * in single precision.
 */
export function adamW(
  tf: TensorFlow,
  {parameters, first, second}: StateTensors,
  gradients: Tensor,
  {beta1, beta2, epsilon, weightDecay, decayed, step, rate, factor}: AdamWStep & AdamWOptions,
): StateTensors {
  const times = (x: Tensor, factor: number) => tf.mul(x, tf.scalar(factor))
  const gradient = times(gradients, factor)
  const mean = tf.add(times(first, beta1), times(gradient, 1 - beta1))
  const spread = tf.add(times(second, beta2), times(tf.square(gradient), 1 - beta2))
  const root = tf.add(tf.div(tf.sqrt(spread), tf.scalar(Math.sqrt(1 - beta2 ** step))), tf.scalar(epsilon))
  const change = tf.div(mean, times(root, 1 - beta1 ** step))
  const decay = times(tf.mul(decayed, parameters), weightDecay)
  const next = tf.sub(parameters, times(tf.add(change, decay), rate))
  return {parameters: next, first: mean, second: spread}
}
