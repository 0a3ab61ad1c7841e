import {TensorProto_DataType as DataType} from './onnx-ml_pb.js'

/** The types of a tensor's elements that are stored as plain bits (not strings), with the size of one in bits. */
const BITS: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.FLOAT]: 32,
  [DataType.UINT8]: 8,
  [DataType.INT8]: 8,
  [DataType.UINT16]: 16,
  [DataType.INT16]: 16,
  [DataType.INT32]: 32,
  [DataType.INT64]: 64,
  [DataType.BOOL]: 8,
  [DataType.FLOAT16]: 16,
  [DataType.DOUBLE]: 64,
  [DataType.UINT32]: 32,
  [DataType.UINT64]: 64,
  [DataType.COMPLEX64]: 64,
  [DataType.COMPLEX128]: 128,
  [DataType.BFLOAT16]: 16,
  [DataType.FLOAT8E4M3FN]: 8,
  [DataType.FLOAT8E4M3FNUZ]: 8,
  [DataType.FLOAT8E5M2]: 8,
  [DataType.FLOAT8E5M2FNUZ]: 8,
  [DataType.FLOAT8E8M0]: 8,
  [DataType.UINT4]: 4,
  [DataType.INT4]: 4,
  [DataType.FLOAT4E2M1]: 4,
  [DataType.UINT2]: 2,
  [DataType.INT2]: 2,
  [DataType.FLOAT6E2M3]: 6,
  [DataType.FLOAT6E3M2]: 6,
}

/** Bytes of `count` elements, packed; undefined for strings and unknown types. */
export function byteLengthOf(type: number, count: number): number | undefined {
  const bits = BITS[type as DataType]
  return bits === undefined ? undefined : Math.ceil((count * bits) / 8)
}

/** As messages name it: `FLOAT`, `INT8`, or the number of a type that is not known. */
export const typeName = (type: number): string => DataType[type] ?? String(type)
