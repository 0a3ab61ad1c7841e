import {Tensor} from 'onnxruntime-node'
import {float16ToFloat32, float32ToFloat16} from './float16.js'

/* Loads the native library on import: for inference workers only. */

export type FloatType = 'float32' | 'float16'

/** A float tensor in the type that the model's input wants. float32 is a view of `values`, not a copy. */
export function floatTensor(type: FloatType, values: Float32Array, shape: readonly number[]): Tensor {
  return type === 'float32'
    ? new Tensor('float32', values, shape)
    : new Tensor('float16', float32ToFloat16(values), shape)
}

/** The values of a float32 or float16 tensor as floats. float32 is not copied. */
export function floatsOf(tensor: Tensor): Float32Array {
  const {data} = tensor
  if (data instanceof Float32Array) return data
  if (tensor.type !== 'float16' || !ArrayBuffer.isView(data)) throw new TypeError(`Expected floats, got ${tensor.type}`)
  // A Float16Array, were there one, has the same bytes.
  return float16ToFloat32(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2))
}
