import type {Ops} from '../engine/ops.js'

/** x · weight + bias over the last axis; the weight is [inputs, outputs]. */
export function linear<T>(ops: Ops<T>, x: T, name: string, outputs: number, {bias = true} = {}): T {
  const inputs = Number(ops.shapeOf(x).at(-1))
  const product = ops.matMul(x, ops.parameter(`${name}.weight`, [inputs, outputs]))
  return bias ? ops.add(product, ops.parameter(`${name}.bias`, [outputs])) : product
}
