import {TensorProto_DataType as DataType} from './onnx-ml_pb.js'

/** ONNX's names for the types of tensors, by those of ONNX Runtime's JavaScript. */
export const DATA_TYPES: Readonly<Partial<Record<string, DataType>>> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  int32: DataType.INT32,
  int16: DataType.INT16,
  int8: DataType.INT8,
  uint64: DataType.UINT64,
  uint32: DataType.UINT32,
  uint16: DataType.UINT16,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
}
