import {Tensor} from 'onnxruntime-node'

/** A run of consecutive rows (entries of the first dimension) of a tensor. */
export interface RowRange {
  readonly tensor: Tensor
  readonly row: number
  readonly count: number
}

type Numbers = Float32Array | Uint16Array | BigInt64Array

/** Copies rows of tensors that agree in type and in all but the first dimension into one new tensor. */
export function concatenateRows(ranges: readonly RowRange[]): Tensor {
  const first = ranges[0]
  if (first === undefined) throw new RangeError('No rows to concatenate.')
  const {type, dims} = first.tensor
  const rowLength = dims.slice(1).reduce((product, size) => product * size, 1)
  const rows = ranges.reduce((sum, {count}) => sum + count, 0)
  const data = allocate(first.tensor, rows * rowLength)
  let at = 0
  for (const {tensor, row, count} of ranges) {
    data.set(numbers(tensor).subarray(row * rowLength, (row + count) * rowLength) as never, at)
    at += count * rowLength
  }
  return new Tensor(type as 'float32', data as Float32Array, [rows, ...dims.slice(1)])
}

/** The rows `order[0]`, `order[1]`, … of a tensor; the tensor itself where that is all of them in place. */
export function selectRows(tensor: Tensor, order: readonly number[]): Tensor {
  if (order.length === tensor.dims[0] && order.every((row, index) => row === index)) return tensor
  return concatenateRows(order.map(row => ({tensor, row, count: 1})))
}

function numbers(tensor: Tensor): Numbers {
  return tensor.data as Numbers
}

function allocate(like: Tensor, length: number): Numbers {
  const data = numbers(like)
  if (data instanceof Float32Array) return new Float32Array(length)
  return data instanceof Uint16Array ? new Uint16Array(length) : new BigInt64Array(length)
}
