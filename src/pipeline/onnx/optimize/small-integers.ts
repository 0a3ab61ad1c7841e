import {
  TensorProto_DataType as DataType,
  TensorProto_DataLocation as Location,
  type TensorProto,
} from '../onnx-ml_pb.js'

/** The integers of a small INT64 or INT32 tensor, such as a shape; undefined for others, and for those among the weights. */
export function smallIntegers(tensor: TensorProto): number[] | undefined {
  const {dataType, dataLocation, rawData, int64Data, int32Data} = tensor
  if (dataLocation === Location.EXTERNAL) return undefined
  const bytes = rawData.byteLength === 0 ? undefined : new Uint8Array(rawData)
  if (dataType === DataType.INT64)
    return bytes === undefined
      ? int64Data.map(Number)
      : Array.from(new BigInt64Array(bytes.buffer, 0, bytes.byteLength / 8), Number)
  if (dataType !== DataType.INT32) return undefined
  return bytes === undefined ? [...int32Data] : [...new Int32Array(bytes.buffer, 0, bytes.byteLength / 4)]
}
