import type {Ops} from '../engine/ops.js'

/** Added to squared lengths, so that zeros are not divided by zero. */
const LENGTH_FLOOR = 1e-12

/** x ∕ |x| (2-norm) along an axis. */
export function toUnitLength<T>(ops: Ops<T>, x: T, axis: number): T {
  const square = ops.sum(ops.multiply(x, x), [axis], true)
  return ops.divide(x, ops.sqrt(ops.add(square, ops.constant([LENGTH_FLOOR], []))))
}
