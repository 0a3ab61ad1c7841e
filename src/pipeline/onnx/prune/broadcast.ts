import type {Placement, Tracking} from './channels.js'
import {rankOf, sizeFromEnd, type Value} from './value-graph.js'

/** An operand that is repeated along the channels has none of its own. */
export function broadcast(operand: Value, placement: Placement, flood: Tracking): void {
  const rank = rankOf(operand)
  const isRepeated =
    (rank !== undefined && rank < placement.fromEnd) ||
    sizeFromEnd(operand, placement.fromEnd) === 1 ||
    (operand.shape?.dims === undefined && isScalar(operand))
  if (!isRepeated) flood.place(operand, placement)
}

/** Inference does not tell scalars from what it does not know. */
const isScalar = ({tensor}: Value): boolean => tensor !== undefined && tensor.dims.length === 0
