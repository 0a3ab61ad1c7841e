import type {Model} from '../model.js'
import type {TensorProto} from '../onnx-ml_pb.js'
import {floatPieces, shapeOf} from '../tensor-values.js'
import {
  channelsOf,
  emptyRanges,
  fillIntegers,
  parametersFor,
  type QuantizedTensor,
  type TensorOptions,
  widenRanges,
} from './affine.js'

/** So many values are in memory at once, or those of one row of the tensor. */
const PIECE_VALUES = 1 << 20

/**
 * Quantizes a tensor of a model as `quantizeTensor` does its values, which are read twice and piece by piece, so that
 * memory holds the integers only.
 *
 * @throws RangeError if a value is not finite
 */
export async function quantizeInPieces(
  model: Pick<Model, 'weights'>,
  tensor: TensorProto,
  options: TensorOptions,
): Promise<QuantizedTensor> {
  const shape = shapeOf(tensor)
  const {axis, ...affine} = options
  const channels = channelsOf(shape, axis)
  const {length, read} = await floatPieces(model, tensor)
  const unit = axis === undefined ? 1 : channels.length
  const step = unit * Math.max(1, Math.floor(PIECE_VALUES / unit))
  const ranges = emptyRanges(channels)
  let piece: Float32Array = new Float32Array(0)
  for (let start = 0; start < length; start += step) {
    piece = await read(start, Math.min(start + step, length))
    widenRanges(ranges, piece, channels, (start / unit) % channels.count)
  }
  const parameters = parametersFor(ranges, affine)
  const values = new Uint8Array(length)
  for (let start = 0; start < length; start += step) {
    // What fits into one piece is still there.
    if (length > step) piece = await read(start, Math.min(start + step, length))
    const place = values.subarray(start, start + piece.length)
    fillIntegers(place, piece, channels, {...parameters, type: options.type}, (start / unit) % channels.count)
  }
  return {values, ...parameters}
}
