import {copyMessage} from '../copy-message.js'
import type {NodeProto, TensorProto} from '../onnx-ml_pb.js'
import {floatTensor, int64Tensor} from '../tensor.js'

/** What a Constant node makes, under the name of its output; undefined for strings and sparse tensors. */
export function constantOf({attribute, output}: NodeProto): TensorProto | undefined {
  const [name = ''] = output
  const [one] = attribute
  switch (one?.name) {
    case 'value':
      return one.t === undefined ? undefined : Object.assign(copyMessage(one.t), {name})
    case 'value_int':
      return int64Tensor(name, [Number(one.i)], [])
    case 'value_ints':
      return int64Tensor(name, one.ints.map(Number))
    case 'value_float':
      return floatTensor(name, [one.f], [])
    case 'value_floats':
      return floatTensor(name, one.floats, [one.floats.length])
    default:
      return undefined
  }
}
