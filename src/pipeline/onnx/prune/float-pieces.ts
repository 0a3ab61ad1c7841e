import {LinguluError} from '../../errors.js'
import {float16ToFloat32} from '../../runtime/float16.js'
import {type Model, memorySource, type WeightSource, weightKey} from '../model.js'
import {
  TensorProto_DataType as DataType,
  TensorProto_DataLocation as Location,
  type TensorProto,
} from '../onnx-ml_pb.js'
import {bytesOf} from '../tensor-values.js'

/** The types whose weights can be pruned. */
export type FloatKind = typeof DataType.FLOAT | typeof DataType.FLOAT16

export const isFloatKind = (type: number): type is FloatKind => type === DataType.FLOAT || type === DataType.FLOAT16

export const bytesPerElement = (kind: FloatKind): number => (kind === DataType.FLOAT ? 4 : 2)

/** The bytes of a tensor, wherever they are, to be read in pieces. */
export async function sourceOf(model: Pick<Model, 'weights'>, tensor: TensorProto): Promise<WeightSource> {
  if (tensor.dataLocation !== Location.EXTERNAL) return memorySource(await bytesOf(model, tensor))
  const source = model.weights.get(weightKey(tensor) ?? '')
  if (source !== undefined) return source
  throw new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(tensor.name)} has no data.`)
}

const PIECE_BYTES = 1 << 22

/** The values of a tensor in order, in pieces that the caller may keep but not change. */
export async function* floatPieces(source: WeightSource, kind: FloatKind): AsyncGenerator<Float32Array> {
  for (let start = 0; start < source.byteLength; start += PIECE_BYTES) {
    const end = Math.min(source.byteLength, start + PIECE_BYTES)
    yield decodeFloats(await source.read(start, end), kind)
  }
}

/** Bytes as floats; halves are exact as such. */
export function decodeFloats(bytes: Uint8Array, kind: FloatKind): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  const {buffer, byteOffset, byteLength} = aligned
  if (kind === DataType.FLOAT) return new Float32Array(buffer, byteOffset, byteLength / 4)
  return float16ToFloat32(new Uint16Array(buffer, byteOffset, byteLength / 2))
}
