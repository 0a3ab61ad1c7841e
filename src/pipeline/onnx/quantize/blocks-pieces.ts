import type {Model} from '../model.js'
import type {TensorProto} from '../onnx-ml_pb.js'
import {type FloatPieces, floatPieces, shapeOf} from '../tensor-values.js'
import {type BlockFormat, type QuantizedBlocks, quantizeBlocks} from './blocks.js'
import {transpose} from './transpose.js'

/** So many values are in memory at once, or those of two blocks of every row. */
const PIECE_VALUES = 1 << 20

/** Where in the result blocks go. */
interface Place {
  readonly row: number
  readonly block: number
}

/**
 * Quantizes a matrix of a model as `quantizeBlocks` does its values, which are read piece by piece, so that memory holds
 * the integers only.
 *
 * @param turned whether it is stored as it is quantized, one row after another; else it is its transpose that is stored
 * @throws RangeError if a value is not finite
 */
export async function quantizeBlocksInPieces(
  model: Pick<Model, 'weights'>,
  tensor: TensorProto,
  turned: boolean,
  format: BlockFormat,
): Promise<QuantizedBlocks> {
  const [first = 0, second = 0] = shapeOf(tensor)
  const floats = await floatPieces(model, tensor)
  const result = new BlockResult(turned ? first : second, turned ? second : first, format)
  if (turned) await quantizeRows(floats, first, second, result)
  else await quantizeColumns(floats, first, second, result)
  return result
}

async function quantizeRows({read}: FloatPieces, rows: number, depth: number, result: BlockResult): Promise<void> {
  const step = Math.max(1, Math.floor(PIECE_VALUES / depth))
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row)
    const matrix = await read(row * depth, (row + count) * depth)
    result.place(quantizeBlocks(matrix, count, depth, result.format), count, {row, block: 0})
  }
}

async function quantizeColumns({read}: FloatPieces, depth: number, rows: number, result: BlockResult): Promise<void> {
  const {blockSize} = result.format
  // Two blocks share a byte of zero points.
  const unit = 2 * blockSize
  const step = unit * Math.max(1, Math.floor(PIECE_VALUES / (unit * rows)))
  for (let start = 0; start < depth; start += step) {
    const count = Math.min(step, depth - start)
    const matrix = transpose(await read(start * rows, (start + count) * rows), count, rows)
    result.place(quantizeBlocks(matrix, rows, count, result.format), rows, {row: 0, block: start / blockSize})
  }
}

/** The whole matrix, to be filled. */
class BlockResult implements QuantizedBlocks {
  readonly blocks: number
  readonly values: Uint8Array
  readonly scales: Float32Array
  readonly zeroPoints: Uint8Array | undefined
  readonly #pointBytes: number

  constructor(
    rows: number,
    depth: number,
    readonly format: BlockFormat,
  ) {
    const {bits, blockSize, symmetric} = format
    this.blocks = Math.ceil(depth / blockSize)
    this.#pointBytes = Math.ceil((this.blocks * bits) / 8)
    this.values = new Uint8Array((rows * this.blocks * blockSize * bits) / 8)
    this.scales = new Float32Array(rows * this.blocks)
    this.zeroPoints = symmetric ? undefined : new Uint8Array(rows * this.#pointBytes)
  }

  place({blocks, values, scales, zeroPoints}: QuantizedBlocks, rows: number, {row, block}: Place): void {
    const {bits, blockSize} = this.format
    const blockBytes = (blockSize * bits) / 8
    const pointBytes = Math.ceil((blocks * bits) / 8)
    for (let index = 0; index < rows; index++) {
      const target = (row + index) * this.blocks + block
      this.values.set(
        values.subarray(index * blocks * blockBytes, (index + 1) * blocks * blockBytes),
        target * blockBytes,
      )
      this.scales.set(scales.subarray(index * blocks, (index + 1) * blocks), target)
      const points = zeroPoints?.subarray(index * pointBytes, (index + 1) * pointBytes)
      if (points !== undefined) this.zeroPoints?.set(points, (row + index) * this.#pointBytes + (block * bits) / 8)
    }
  }
}
