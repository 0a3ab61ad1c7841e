import {createHash} from 'node:crypto'
import {BitWriter} from './bit-writer.js'

const BLOCK_SAMPLES = 4096
const BITS = 16
const HIGHEST_ORDER = 4
const PARTITION_ORDER = 4 // sixteen Rice parameters in a whole block
const HIGHEST_RICE = 14
const RICE_BITS = 4

/**
 * A FLAC file (RFC 9639) of 16-bit mono samples, by fixed predictors and Rice codes: the size of `flac -2`. The same
 * samples give the same bytes.
 */
export function encodeFlac(samples: Int16Array, sampleRateHz: number): Uint8Array {
  const out = new BitWriter()
  writeStreamInfo(out, samples, sampleRateHz)
  const pieces: Uint8Array[] = [out.bytes().slice()]
  for (let start = 0, frame = 0; start < samples.length; start += BLOCK_SAMPLES, frame++)
    pieces.push(encodeFrame(samples.subarray(start, start + BLOCK_SAMPLES), frame))
  return Buffer.concat(pieces)
}

function writeStreamInfo(out: BitWriter, samples: Int16Array, sampleRateHz: number): void {
  for (const letter of 'fLaC') out.write(letter.charCodeAt(0), 8)
  out.write(0x80, 8) // the last block of metadata, and the only one
  out.write(34, 24) // bytes
  out.write(BLOCK_SAMPLES, 16)
  out.write(BLOCK_SAMPLES, 16)
  out.write(0, 24) // bytes of the smallest frame: unknown
  out.write(0, 24)
  out.write(sampleRateHz, 20)
  out.write(0, 3) // channels − 1
  out.write(BITS - 1, 5)
  out.write(0, 4) // upper bits of the length
  out.write(samples.length, 32)
  const pcm = Buffer.alloc(2 * samples.length)
  for (let i = 0; i < samples.length; i++) pcm.writeInt16LE(samples[i] as number, 2 * i)
  for (const byte of createHash('md5').update(pcm).digest()) out.write(byte, 8)
}

function encodeFrame(block: Int16Array, number: number): Uint8Array {
  const out = new BitWriter()
  out.write(0xfff8, 16) // synchronisation, blocks of one size
  out.write(0x7, 4) // its size stands below, in 16 bits
  out.write(0, 4) // sample rate: as in the stream
  out.write(0, 4) // mono
  out.write(0b100, 3) // 16 bits
  out.write(0, 1)
  writeFrameNumber(out, number)
  out.write(block.length - 1, 16)
  out.write(crc(out.bytes(), {polynomial: 0x07, bits: 8}), 8)
  writeSubframe(out, block)
  out.align()
  out.write(crc(out.bytes(), {polynomial: 0x8005, bits: 16}), 16)
  return out.bytes()
}

/** As UTF-8 writes a character. */
function writeFrameNumber(out: BitWriter, number: number): void {
  if (number < 0x80) {
    out.write(number, 8)
    return
  }
  let following = 1
  while (number >= 2 ** (5 * following + 6)) following++
  const lead = (0xff << (7 - following)) & 0xff
  out.write(lead | (number >>> (6 * following)), 8)
  for (let left = following - 1; left >= 0; left--) out.write(0x80 | ((number >>> (6 * left)) & 0x3f), 8)
}

function crc(bytes: Uint8Array, {polynomial, bits}: {readonly polynomial: number; readonly bits: 8 | 16}): number {
  const top = 1 << (bits - 1)
  const mask = 2 * top - 1
  let rest = 0
  for (const byte of bytes) {
    rest ^= byte << (bits - 8)
    for (let bit = 0; bit < 8; bit++) rest = (rest & top ? (rest << 1) ^ polynomial : rest << 1) & mask
  }
  return rest
}

function writeSubframe(out: BitWriter, block: Int16Array): void {
  if (block.every(sample => sample === block[0])) {
    out.write(0, 8) // constant
    out.write(block[0] ?? 0, BITS)
    return
  }
  const {order, residual} = bestPredictor(block)
  out.write((0b001000 | order) << 1, 8)
  for (let i = 0; i < order; i++) out.write(block[i] as number, BITS)
  const partitionOrder = block.length === BLOCK_SAMPLES ? PARTITION_ORDER : 0
  out.write(0, 2) // Rice parameters of 4 bits
  out.write(partitionOrder, 4)
  const size = block.length >> partitionOrder
  for (let start = 0; start < block.length; start += size)
    writePartition(out, residual.subarray(Math.max(start, order), start + size))
}

/** The polynomial predictor of order 0 to 4 whose errors are smallest; `residual` has the block's places. */
function bestPredictor(block: Int16Array): {readonly order: number; readonly residual: Int32Array} {
  let residual = Int32Array.from(block)
  let best = {order: 0, residual, sum: sumOf(residual)}
  for (let order = 1; order <= Math.min(HIGHEST_ORDER, block.length - 1); order++) {
    const next = new Int32Array(block.length)
    for (let i = order; i < next.length; i++) next[i] = (residual[i] as number) - (residual[i - 1] as number)
    residual = next
    const sum = sumOf(residual.subarray(order))
    if (sum < best.sum) best = {order, residual, sum}
  }
  return best
}

const sumOf = (values: Int32Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0)

function writePartition(out: BitWriter, residual: Int32Array): void {
  const mean = residual.length === 0 ? 0 : (2 * sumOf(residual)) / residual.length
  const parameter = Math.min(HIGHEST_RICE, Math.max(0, Math.round(Math.log2(Math.max(mean, 1) * Math.LN2))))
  out.write(parameter, RICE_BITS)
  for (const error of residual) {
    const folded = error >= 0 ? 2 * error : -2 * error - 1
    out.writeUnary(folded >>> parameter)
    out.write(folded & ((1 << parameter) - 1), parameter)
  }
}
