import {create} from '@bufbuild/protobuf'
import {byteLengthOf, typeName} from './element-types.js'
import {pointTo, type WeightSource} from './model.js'
import {TensorProto_DataType as DataType, type TensorProto, TensorProtoSchema} from './onnx-ml_pb.js'

/** A tensor whose bytes stand in its message: for small ones. `bytes` as `raw_data` has them. */
export function bytesTensor(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  bytes: Uint8Array,
): TensorProto {
  checkBytes(name, dataType, shape, bytes.byteLength)
  return create(TensorProtoSchema, {name, dataType, dims: shape.map(BigInt), rawData: bytes})
}

const rawBytes = ({buffer, byteOffset, byteLength}: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

export const floatTensor = (name: string, values: Float32Array | readonly number[], shape: readonly number[]) =>
  bytesTensor(name, DataType.FLOAT, shape, rawBytes(Float32Array.from(values)))

export const doubleTensor = (name: string, values: readonly number[], shape: readonly number[]) =>
  bytesTensor(name, DataType.DOUBLE, shape, rawBytes(Float64Array.from(values)))

export const int64Tensor = (name: string, values: readonly number[], shape: readonly number[] = [values.length]) =>
  bytesTensor(name, DataType.INT64, shape, rawBytes(BigInt64Array.from(values, BigInt)))

export const int32Tensor = (name: string, values: readonly number[], shape: readonly number[] = [values.length]) =>
  bytesTensor(name, DataType.INT32, shape, rawBytes(Int32Array.from(values)))

export const boolTensor = (name: string, values: readonly boolean[], shape: readonly number[] = [values.length]) =>
  bytesTensor(name, DataType.BOOL, shape, Uint8Array.from(values, Number))

/** A tensor whose bytes stand in a model's `weights` under `key`: for large ones. Several may name the same key. */
export function weightTensor(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  {key, source}: {readonly key: string; readonly source: WeightSource},
): TensorProto {
  checkBytes(name, dataType, shape, source.byteLength)
  const tensor = create(TensorProtoSchema, {name, dataType, dims: shape.map(BigInt)})
  pointTo(tensor, key)
  return tensor
}

function checkBytes(name: string, dataType: DataType, shape: readonly number[], actual: number): void {
  const expected = byteLengthOf(
    dataType,
    shape.reduce((product, size) => product * size, 1),
  )
  if (expected !== actual)
    throw new RangeError(`${name}: ${typeName(dataType)} of [${shape.join(', ')}] has ${expected} bytes, not ${actual}`)
}
