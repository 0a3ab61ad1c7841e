import type {Ops} from '../engine/ops.js'

/** x · Φ(x), exact (Hendrycks, Gimpel, arXiv:1606.08415). */
export function gelu<T>(ops: Ops<T>, x: T): T {
  const inner = ops.erf(ops.multiply(x, ops.constant([Math.SQRT1_2], [])))
  return ops.multiply(ops.multiply(x, ops.constant([0.5], [])), ops.add(inner, ops.constant([1], [])))
}
