import {BitReader, BitWriter} from './bit-stream.js'
import {codebookOf, nearestCode} from './codebook.js'

/**
 * A column of numbers: floats of 32 bits; or, quantized, how many values the codebook has (4 bytes), these values, and
 * a number of `bits` bits for each entry.
 *
 * @param bits 0 for floats
 * @param exact a value that is to stay as it is
 */
export function writeValues(values: Float32Array, bits: number, exact?: number): Uint8Array {
  if (bits === 0) return littleEndian(values)
  const others = exact === undefined ? values : values.filter(value => value !== exact)
  const codebook = codebookOf(others, 2 ** bits - (others.length < values.length ? 1 : 0))
  const codes =
    exact === undefined || others.length === values.length ? codebook : Float32Array.of(...codebook, exact).sort()
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, codes.length, true)
  const writer = new BitWriter()
  for (const value of values) writer.write(nearestCode(codes, value), bits)
  return Buffer.concat([size, littleEndian(codes), writer.bytes()])
}

/**
 * The inverse of {@link writeValues}.
 *
 * @returns the values, and the bytes that they took
 * @throws RangeError where the bytes are not such a column
 */
export function readValues(
  bytes: Uint8Array,
  count: number,
  bits: number,
): {readonly values: Float32Array; readonly length: number} {
  if (bits === 0) return {values: floats(bytes, 0, count), length: 4 * count}
  if (bytes.length < 4) throw new RangeError('a codebook is missing')
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const codebook = floats(bytes, 4, size)
  const from = 4 + 4 * size
  const length = from + Math.ceil((count * bits) / 8)
  if (length > bytes.length) throw new RangeError('values are missing')
  const reader = new BitReader(bytes.subarray(from, length))
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const value = codebook[reader.read(bits)]
    if (value === undefined) throw new RangeError('a value is not in the codebook')
    values[i] = value
  }
  return {values, length}
}

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true)
  return bytes
}

function floats(bytes: Uint8Array, from: number, count: number): Float32Array {
  if (from + 4 * count > bytes.length) throw new RangeError('values are missing')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = view.getFloat32(from + 4 * i, true)
  return values
}
