import {LinguluError} from '../errors.js'
import {float16ToFloat32} from '../runtime/float16.js'
import {typeName} from './element-types.js'
import {type Model, weightKey} from './model.js'
import {TensorProto_DataType as DataType, TensorProto_DataLocation as Location, type TensorProto} from './onnx-ml_pb.js'

/** Elements of a tensor, from its shape. A scalar has one. */
export const elementCount = ({dims}: Pick<TensorProto, 'dims'>): number =>
  dims.reduce((product, size) => product * Number(size), 1)

export const shapeOf = ({dims}: Pick<TensorProto, 'dims'>): number[] => dims.map(Number)

/**
 * The bytes of a tensor as `raw_data` has them, wherever they are: little-endian, row-major. They may be a view and must
 * not be changed.
 *
 * @throws LinguluError MODEL_INVALID for strings, and for data that is not there
 */
export async function bytesOf({weights}: Pick<Model, 'weights'>, tensor: TensorProto): Promise<Uint8Array> {
  if (tensor.dataLocation === Location.EXTERNAL) {
    const source = weights.get(weightKey(tensor) ?? '')
    if (source === undefined) throw broken(tensor, 'its data is missing')
    return await source.read(0, source.byteLength)
  }
  if (tensor.rawData.byteLength > 0) return tensor.rawData
  const typed = typedFields(tensor)
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength)
}

/**
 * The values of a FLOAT or FLOAT16 tensor as floats.
 *
 * @throws LinguluError MODEL_INVALID for other types
 */
export async function floatsOf(model: Pick<Model, 'weights'>, tensor: TensorProto): Promise<Float32Array> {
  const bytes = aligned(await bytesOf(model, tensor))
  if (tensor.dataType === DataType.FLOAT) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  if (tensor.dataType === DataType.FLOAT16)
    return float16ToFloat32(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2))
  throw broken(tensor, `it is of type ${typeName(tensor.dataType)}, not of floats`)
}

/** Floats that are read piece by piece. */
export interface FloatPieces {
  readonly length: number
  /** Those from `start` to `end`. The array must not be changed, and is good until the next reading only. */
  readonly read: (start: number, end: number) => Promise<Float32Array>
}

/**
 * Like {@link floatsOf}, without having all of them in memory where they are in a file.
 *
 * @throws LinguluError MODEL_INVALID
 */
export async function floatPieces(model: Pick<Model, 'weights'>, tensor: TensorProto): Promise<FloatPieces> {
  const source = tensor.dataLocation === Location.EXTERNAL ? model.weights.get(weightKey(tensor) ?? '') : undefined
  if (source === undefined || tensor.dataType !== DataType.FLOAT) {
    const values = await floatsOf(model, tensor)
    return {length: values.length, read: async (start, end) => values.subarray(start, end)}
  }
  const {readInto} = source
  let place = new Float32Array(0)
  const read = async (start: number, end: number) => {
    if (readInto === undefined) {
      const bytes = aligned(await source.read(4 * start, 4 * end))
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    }
    if (place.length < end - start) place = new Float32Array(end - start)
    const values = place.subarray(0, end - start)
    await readInto(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4 * start)
    return values
  }
  return {length: source.byteLength / 4, read}
}

/**
 * The values of an INT64 or INT32 tensor as numbers.
 *
 * @throws LinguluError MODEL_INVALID for other types and for integers beyond 2^53
 */
export async function integersOf(model: Pick<Model, 'weights'>, tensor: TensorProto): Promise<number[]> {
  const bytes = aligned(await bytesOf(model, tensor))
  if (tensor.dataType === DataType.INT32)
    return [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)]
  if (tensor.dataType !== DataType.INT64)
    throw broken(tensor, `it is of type ${typeName(tensor.dataType)}, not of integers`)
  const values = Array.from(new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8), Number)
  if (values.every(Number.isSafeInteger)) return values
  throw broken(tensor, 'it has integers beyond 2^53')
}

/** Typed arrays need their bytes at a multiple of the element’s size; a view of a file has them anywhere. (`slice` of a Buffer is no copy.) */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
}

type Typed =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array

/** Tensors written by hand keep values in typed fields; narrow types stand in `int32_data`, one element each. */
function typedFields(tensor: TensorProto): Typed {
  const {dataType, floatData, doubleData, int64Data, uint64Data, int32Data} = tensor
  switch (dataType) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return Float32Array.from(floatData)
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return Float64Array.from(doubleData)
    case DataType.INT64:
      return BigInt64Array.from(int64Data)
    case DataType.UINT64:
      return BigUint64Array.from(uint64Data)
    case DataType.UINT32:
      return Uint32Array.from(uint64Data, Number)
    case DataType.INT32:
      return Int32Array.from(int32Data)
    case DataType.INT16:
    case DataType.UINT16:
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
      return Uint16Array.from(int32Data)
    case DataType.UNDEFINED:
    case DataType.STRING:
      throw broken(tensor, `it is of type ${typeName(dataType)}, which has no bytes`)
    default:
      return Uint8Array.from(int32Data)
  }
}

const broken = ({name}: TensorProto, problem: string): LinguluError =>
  new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(name)} cannot be read: ${problem}.`)
