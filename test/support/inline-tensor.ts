import {clearField} from '@bufbuild/protobuf'
import {type TensorProto, TensorProtoSchema} from '../../src/pipeline/onnx/onnx-ml_pb.js'

/** A copied tensor that has its bytes in its message again. */
export function clearExternal(tensor: TensorProto): TensorProto {
  clearField(tensor, TensorProtoSchema.field.dataLocation)
  tensor.externalData = []
  return tensor
}
