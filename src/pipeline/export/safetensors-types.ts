import type {WeightSource} from '../onnx/model.js'

/** Bytes of one element, for the types that safetensors files have. */
export const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const

export type ElementType = keyof typeof ELEMENT_BYTES

/** A tensor of a safetensors file. */
export interface StoredTensor {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  /** The file, for messages. */
  readonly path: string
  /** Little-endian elements in row-major order. */
  readonly source: WeightSource
}

/** The format's own limit (safetensors, `tensor.rs`, `MAX_HEADER_SIZE`). */
export const LARGEST_HEADER_BYTES = 100_000_000
