import {floatAttribute} from '../../nodes.js'
import type {NodeProto, TensorProto} from '../../onnx-ml_pb.js'
import type {Range} from './range.js'

/** The one float of a small initializer; undefined where its bytes are elsewhere. */
export function inlineScalar({rawData, floatData}: TensorProto): number | undefined {
  if (rawData.byteLength === 4) return new DataView(rawData.buffer, rawData.byteOffset, 4).getFloat32(0, true)
  return floatData.length === 1 ? floatData[0] : undefined
}

/** Where a Relu or Clip ends values; undefined where a Clip is told it at run time. */
export function limitsOf(node: NodeProto, initializers: ReadonlyMap<string, TensorProto>): Range | undefined {
  if (node.opType === 'Relu') return {lowest: 0, highest: Number.POSITIVE_INFINITY}
  const limit = (index: number, attribute: string, fallback: number): number | undefined => {
    const name = node.input[index] ?? ''
    if (name === '') return floatAttribute(node, attribute, fallback)
    const tensor = initializers.get(name)
    return tensor && inlineScalar(tensor)
  }
  const lowest = limit(1, 'min', Number.NEGATIVE_INFINITY)
  const highest = limit(2, 'max', Number.POSITIVE_INFINITY)
  return lowest === undefined || highest === undefined ? undefined : {lowest, highest}
}
