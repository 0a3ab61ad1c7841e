import {copyMessage} from './copy-message.js'
import {toAttribute} from './graph-builder.js'
import {type AttributeProto, TensorProto_DataType as DataType, type NodeProto, type TensorProto} from './onnx-ml_pb.js'
import {floatTensor} from './tensor.js'

/** Operators whose attribute `dtype` says what they make. */
const MAKERS = new Set([
  ...['EyeLike', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike'],
  ...['SequenceEmpty', 'Bernoulli'],
])
/** Those that make float32 where it is not there. */
const FLOAT_MAKERS = new Set(['RandomNormal', 'RandomUniform', 'SequenceEmpty'])

/** A node whose own constants and types are halves where they were float32. Its subgraphs stay. */
export function halfAttributes(node: NodeProto, toHalf: (tensor: TensorProto) => TensorProto): NodeProto {
  const attribute = node.attribute.map(one => halfAttribute(node.opType, one, toHalf))
  const has = (name: string) => attribute.some(one => one.name === name)
  if (FLOAT_MAKERS.has(node.opType) && !has('dtype')) attribute.push(toAttribute('dtype', DataType.FLOAT16))
  if (node.opType === 'ConstantOfShape' && !has('value'))
    attribute.push(toAttribute('value', toHalf(floatTensor('value', [0], [1]))))
  if (attribute.length === node.attribute.length && attribute.every((one, index) => one === node.attribute[index]))
    return node
  const copy = copyMessage(node)
  copy.attribute = attribute
  return copy
}

function halfAttribute(
  opType: string,
  attribute: AttributeProto,
  toHalf: (tensor: TensorProto) => TensorProto,
): AttributeProto {
  const {name, i, f, floats, t, tensors} = attribute
  if (
    i === BigInt(DataType.FLOAT) &&
    ((opType === 'Cast' && name === 'to') || (MAKERS.has(opType) && name === 'dtype'))
  )
    return toAttribute(name, DataType.FLOAT16)
  if (opType === 'Constant' && name === 'value_float')
    return toAttribute('value', toHalf(floatTensor('value', [f], [])))
  if (opType === 'Constant' && name === 'value_floats')
    return toAttribute('value', toHalf(floatTensor('value', floats, [floats.length])))
  const isFloat = ({dataType}: TensorProto) => dataType === DataType.FLOAT
  if (!(t !== undefined && isFloat(t)) && !tensors.some(isFloat)) return attribute
  const copy = copyMessage(attribute)
  if (t !== undefined && isFloat(t)) copy.t = toHalf(t)
  copy.tensors = tensors.map(tensor => (isFloat(tensor) ? toHalf(tensor) : tensor))
  return copy
}
