import type {ElementType} from '../export/safetensors-types.js'

/** Element types of inputs, as ONNX Runtime's JavaScript names them, with the arrays that hold them. */
export const FEED_ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const
export type FeedType = keyof typeof FEED_ARRAYS

/** What each of them is in a safetensors file. */
export const STORED_TYPES: Readonly<Record<FeedType, ElementType>> = {
  float32: 'F32',
  float16: 'F16',
  float64: 'F64',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
}

/** The type of an input with elements that are stored so; undefined where no input has them. */
export const feedTypeOf = (stored: ElementType): FeedType | undefined =>
  (Object.keys(STORED_TYPES) as FeedType[]).find(type => STORED_TYPES[type] === stored)

/** Whether inputs can have elements of a type of the runtime. */
export const isFeedType = (type: string): type is FeedType => Object.hasOwn(FEED_ARRAYS, type)
