import {Tensor} from 'onnxruntime-node'

/** A run of consecutive rows (entries of the first dimension) of a tensor. */
export interface RowRange {
  readonly tensor: Tensor
  readonly row: number
  readonly count: number
}

export type Numbers = Float32Array | Uint16Array | BigInt64Array | Uint8Array

/** Copies rows of tensors that agree in type and in all but the first dimension into one new tensor. */
export function concatenateRows(ranges: readonly RowRange[]): Tensor {
  const first = ranges[0]
  if (first === undefined) throw new RangeError('No rows to concatenate.')
  const rowDims = first.tensor.dims.slice(1)
  const rowLength = rowDims.reduce((product, size) => product * size, 1)
  const rows = ranges.reduce((sum, {count}) => sum + count, 0)
  const joined = tensorLike(first.tensor, [rows, ...rowDims])
  const data = numbersOf(joined)
  let at = 0
  for (const {tensor, row, count} of ranges) {
    data.set(numbersOf(tensor).subarray(row * rowLength, (row + count) * rowLength) as never, at)
    at += count * rowLength
  }
  return joined
}

/** The rows `order[0]`, `order[1]`, … of a tensor; the tensor itself where that is all of them in place. */
export function selectRows(tensor: Tensor, order: readonly number[]): Tensor {
  if (order.length === tensor.dims[0] && order.every((row, index) => row === index)) return tensor
  return concatenateRows(order.map(row => ({tensor, row, count: 1})))
}

/** The numbers of a tensor, as they are stored. */
export function numbersOf(tensor: Tensor): Numbers {
  return tensor.data as Numbers
}

/** A tensor of zeros of the same type. */
export function tensorLike(like: Tensor, dims: readonly number[]): Tensor {
  const length = dims.reduce((product, size) => product * size, 1)
  const data = allocate(numbersOf(like), length)
  return new Tensor(like.type as 'float32', data as Float32Array, dims)
}

function allocate(like: Numbers, length: number): Numbers {
  if (like instanceof Float32Array) return new Float32Array(length)
  if (like instanceof BigInt64Array) return new BigInt64Array(length)
  return like instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length)
}
