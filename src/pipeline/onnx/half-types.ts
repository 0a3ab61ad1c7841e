import {copyMessage} from './copy-message.js'
import type {ElementType} from './infer-element-types.js'
import {TensorProto_DataType as DataType, type TypeProto, type ValueInfoProto} from './onnx-ml_pb.js'

/** The type of a tensor's elements as a graph declares it. */
export function declaredType({type}: ValueInfoProto): ElementType {
  const elements = type?.value.case === 'tensorType' ? type.value.value.elemType : 0
  return elements === 0 ? undefined : elements
}

/** The description of a value with halves for floats; itself where it has none. */
export function halfInfo(info: ValueInfoProto): ValueInfoProto {
  const type = info.type && halfType(info.type)
  if (type === info.type || type === undefined) return info
  const copy = copyMessage(info)
  copy.type = type
  return copy
}

function halfType(type: TypeProto): TypeProto {
  const {value} = type
  if (value.case === 'tensorType') {
    if (value.value.elemType !== DataType.FLOAT) return type
    const tensor = copyMessage(value.value)
    tensor.elemType = DataType.FLOAT16
    return withValue(type, {case: 'tensorType', value: tensor})
  }
  if (value.case !== 'sequenceType') return type
  const element = value.value.elemType && halfType(value.value.elemType)
  if (element === undefined || element === value.value.elemType) return type
  const sequence = copyMessage(value.value)
  sequence.elemType = element
  return withValue(type, {case: 'sequenceType', value: sequence})
}

function withValue(type: TypeProto, value: TypeProto['value']): TypeProto {
  const copy = copyMessage(type)
  copy.value = value
  return copy
}
