import type {Ops} from '../engine/ops.js'

/** A low-rank change of a frozen matrix (Hu et al., arXiv:2106.09685). */
export interface LowRank {
  readonly rank: number
  /** What the change is multiplied by: α ∕ rank. */
  readonly scale: number
  /** Share of the inputs that training sets to 0 on this way. */
  readonly dropout: number
}

/** Parameters of the change, by the name of the layer: [inputs, rank] and [rank, outputs]. */
export const lowRankNames = (layer: string): {readonly down: string; readonly up: string} => ({
  down: `${layer}.lora_A.weight`,
  up: `${layer}.lora_B.weight`,
})

/** scale · dropout(x) · A · B, to be added to what the frozen layer makes of x. */
export function lowRankChange<T>(
  ops: Ops<T>,
  x: T,
  layer: string,
  outputs: number,
  {rank, scale, dropout}: LowRank,
): T {
  const inputs = Number(ops.shapeOf(x).at(-1))
  const {down, up} = lowRankNames(layer)
  const narrow = ops.matMul(ops.dropout(x, dropout), ops.parameter(down, [inputs, rank]))
  return ops.multiply(ops.matMul(narrow, ops.parameter(up, [rank, outputs])), ops.constant([scale], []))
}
