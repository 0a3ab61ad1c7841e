import type {Tensor, TensorFlow} from './tensorflow.js'

/**
 * Layer norm over the last axis with its gradient in closed form (Ba, Kiros, Hinton, arXiv:1607.06450): a third of the
 * operations that differentiating its parts takes.
 */
export function layerNorm(tf: TensorFlow, epsilon: number): (x: Tensor, gain: Tensor, bias: Tensor) => Tensor {
  return tf.customGrad((...given) => {
    const [x, gain, bias, save] = given as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void]
    const centred = tf.sub(x, tf.mean(x, -1, true))
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), tf.scalar(epsilon)))
    const normed = tf.mul(centred, inverse)
    save([normed, inverse, gain])
    return {
      value: tf.add(tf.mul(normed, gain), bias),
      gradFunc: (gradient: Tensor | Tensor[], saved: Tensor[]) => gradients(tf, gradient as Tensor, saved),
    }
  })
}

function gradients(tf: TensorFlow, gradient: Tensor, saved: readonly Tensor[]): Tensor[] {
  const [normed, inverse, gain] = saved as [Tensor, Tensor, Tensor]
  const rows = (x: Tensor) => tf.reshape(x, [-1, x.shape.at(-1) ?? 1])
  const inner = tf.mul(gradient, gain)
  const along = tf.mul(normed, tf.mean(tf.mul(inner, normed), -1, true))
  const centred = tf.sub(tf.sub(inner, tf.mean(inner, -1, true)), along)
  return [tf.mul(centred, inverse), tf.sum(rows(tf.mul(gradient, normed)), 0), tf.sum(rows(gradient), 0)]
}
