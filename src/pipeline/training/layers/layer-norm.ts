import type {Ops} from '../engine/ops.js'

const EPSILON = 1e-5

export function layerNorm<T>(ops: Ops<T>, x: T, name: string): T {
  const size = Number(ops.shapeOf(x).at(-1))
  return ops.layerNorm(x, ops.parameter(`${name}.weight`, [size]), ops.parameter(`${name}.bias`, [size]), EPSILON)
}
