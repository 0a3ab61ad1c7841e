/**
 * Quantization in blocks along the rows of a matrix, number for number as ONNX Runtime does it for `MatMulNBits`
 * (onnxruntime/core/mlas/lib/q4_dq.cpp, 1.30).
 */

export const BLOCK_BITS = [4, 8] as const
export type BlockBits = (typeof BLOCK_BITS)[number]

export const BLOCK_SIZES = [16, 32, 64, 128, 256] as const
export type BlockSize = (typeof BLOCK_SIZES)[number]

export interface BlockFormat {
  readonly bits: BlockBits
  /** Values that share a scale. */
  readonly blockSize: BlockSize
  /** The zero point is the middle of the integers, and not stored. */
  readonly symmetric: boolean
}

export interface QuantizedBlocks {
  /** Blocks of a row. */
  readonly blocks: number
  /** Row by row, block by block, whole blocks; with 4 bits the even element is the lower half of its byte. */
  readonly values: Uint8Array
  /** One a block. */
  readonly scales: Float32Array
  /** One a block, packed as the values are, each row from a byte of its own. */
  readonly zeroPoints: Uint8Array | undefined
}

/**
 * Quantizes `rows` × `columns` floats, row-major.
 *
 * @throws RangeError if a value is not finite
 */
export function quantizeBlocks(
  matrix: Float32Array,
  rows: number,
  columns: number,
  {bits, blockSize, symmetric}: BlockFormat,
): QuantizedBlocks {
  const blocks = Math.ceil(columns / blockSize)
  const perByte = 8 / bits
  const greatest = 2 ** bits - 1
  const middle = 2 ** (bits - 1)
  const values = new Uint8Array((rows * blocks * blockSize) / perByte)
  const scales = new Float32Array(rows * blocks)
  const pointBytes = Math.ceil(blocks / perByte)
  // Where a row has an odd number of blocks, the last half byte has the middle.
  const zeroPoints = new Uint8Array(rows * pointBytes).fill(bits === 4 ? 0x80 : 0)
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const start = row * columns + block * blockSize
      const end = Math.min(start + blockSize, (row + 1) * columns)
      const {lowest, highest} = rangeOf(matrix, start, end)
      const {scale, zeroPoint} = symmetric
        ? {scale: Math.fround((Math.abs(highest) > Math.abs(lowest) ? highest : lowest) / -middle), zeroPoint: middle}
        : asymmetric(lowest, highest, greatest)
      scales[row * blocks + block] = scale
      pack(zeroPoints, row * pointBytes * perByte + block, zeroPoint, perByte)
      const reciprocal = scale === 0 ? 0 : Math.fround(1 / scale)
      let target = (row * blocks + block) * blockSize
      for (let index = start; index < end; index++, target++) {
        const shifted = Math.fround(Math.fround((matrix[index] as number) * reciprocal) + zeroPoint)
        pack(values, target, Math.min(Math.max(Math.floor(shifted + 0.5), 0), greatest), perByte)
      }
      // The second half of a byte that the row ends in.
      if (target % perByte !== 0) pack(values, target, zeroPoint, perByte)
    }
  return {blocks, values, scales, zeroPoints: symmetric ? undefined : zeroPoints}
}

function rangeOf(matrix: Float32Array, start: number, end: number) {
  let lowest = 0
  let highest = 0
  for (let index = start; index < end; index++) {
    const value = matrix[index] as number
    if (!Number.isFinite(value)) throw new RangeError('it has NaN or infinite values')
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return {lowest, highest}
}

function asymmetric(lowest: number, highest: number, greatest: number) {
  const scale = Math.fround(Math.fround(highest - lowest) / greatest)
  if (!Number.isFinite(scale)) throw new RangeError('its values are too far apart for a scale')
  if (scale === 0) return {scale, zeroPoint: 0}
  return {scale, zeroPoint: Math.min(Math.floor(Math.fround(-lowest / scale) + 0.5), greatest)}
}

/** Sets the `index`-th integer among those of one or two a byte. */
function pack(bytes: Uint8Array, index: number, value: number, perByte: number): void {
  if (perByte === 1) bytes[index] = value
  else if (index % 2 === 1) bytes[index >> 1] = ((bytes[index >> 1] as number) & 0x0f) | (value << 4)
  else bytes[index >> 1] = ((bytes[index >> 1] as number) & 0xf0) | value
}
