import {clearField, create} from '@bufbuild/protobuf'
import {
  TensorProto_DataLocation as Location,
  type ModelProto,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './onnx-ml_pb.js'

/** Bytes of weights, read when they are needed. */
export interface WeightSource {
  readonly byteLength: number
  /** The bytes from `start` to `end`. The array may be a view of something shared: it must not be changed. */
  read(start: number, end: number): Promise<Uint8Array>
  /** Fills `target` with the bytes from `start` on, where that spares making an array for each reading. */
  readonly readInto?: ((target: Uint8Array, start: number) => Promise<void>) | undefined
}

/**
 * An ONNX model. A tensor whose bytes do not stand in its message has `dataLocation` EXTERNAL and one entry `location`
 * in `externalData`: the key of its bytes in `weights`. Tensors that name the same key share their bytes, in memory and
 * on the disk.
 */
export interface Model {
  readonly proto: ModelProto
  readonly weights: ReadonlyMap<string, WeightSource>
}

/** The key in `Model.weights` of a tensor whose bytes stand there. */
export function weightKey({externalData}: TensorProto): string | undefined {
  return externalData.find(({key}) => key === 'location')?.value
}

/** Lets a tensor name its bytes instead of having them. */
export function pointTo(tensor: TensorProto, key: string): void {
  clearField(tensor, TensorProtoSchema.field.rawData)
  tensor.dataLocation = Location.EXTERNAL
  tensor.externalData = [create(StringStringEntryProtoSchema, {key: 'location', value: key})]
}

/** Bytes that are in memory already. */
export function memorySource(bytes: Uint8Array): WeightSource {
  return {byteLength: bytes.byteLength, read: async (start, end) => bytes.subarray(start, end)}
}
