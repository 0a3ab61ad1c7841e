import {integerAttribute} from '../nodes.js'
import {broadcast} from './broadcast.js'
import {NotRemovable, type Placement, type Tracking} from './channels.js'
import {type Operation, rankOf, sizeFromEnd} from './value-graph.js'

const FLAT: Placement = {fromEnd: 1, flat: true, segments: 1}
const HEADS: Placement = {fromEnd: 3, flat: false, segments: 1}

/** com.microsoft MultiHeadAttention with query, key and value apart; key and value may have their heads split already. */
export function attentionRule(operation: Operation, flood: Tracking): void {
  const {node, inputs, outputs} = operation
  const [query, key, value, bias, , scores, pastKey, pastValue] = inputs
  const heads = integerAttribute(node, 'num_heads', 0)
  if (query === undefined || key === undefined || value === undefined || heads <= 0)
    throw new NotRemovable('attention has query, key and value in one')
  const values = [query, key, value, bias, scores, pastKey, pastValue, ...outputs]
  if (values.every(one => flood.at(one) === undefined)) return
  const width = sizeFromEnd(query, 1) ?? flood.channels * (flood.unit ?? 1)
  if (width % heads !== 0) throw new NotRemovable('attention has heads of unknown size')
  flood.setUnit(width / heads)
  flood.place(query, FLAT)
  for (const one of [key, value]) flood.place(one, rankOf(one) === 4 ? HEADS : FLAT)
  if (bias !== undefined) flood.place(bias, {...FLAT, segments: 3})
  if (scores !== undefined) broadcast(scores, HEADS, flood)
  for (const past of [pastKey, pastValue]) if (past !== undefined) flood.place(past, HEADS)
  flood.place(outputs[0], FLAT)
  for (const output of outputs.slice(1)) if (output !== undefined) flood.place(output, HEADS)
  flood.edits.set(operation, {type: 'heads', operation})
}
