import {createBitReader, type FlacBits} from './flac-bits.js'
import type {FlacInfo} from './flac-info.js'
import {decodeSubframe} from './flac-subframe.js'

/** One decoded frame (RFC 9639, section 9). */
export interface FlacFrame {
  /** Full scale ±1. */
  readonly channels: readonly Float32Array[]
  /** Index of its first sample in the stream. */
  readonly firstSample: number
  readonly bytes: number
}

const LEFT_SIDE = 8
const SIDE_RIGHT = 9
const MID_SIDE = 10

/**
 * Decodes the frame at the beginning of `bytes`. `incomplete` when more bytes are needed to tell, `invalid` when there
 * is no frame, it does not belong to the stream or a checksum is wrong.
 */
export function decodeFlacFrame(bytes: Uint8Array, info: FlacInfo): FlacFrame | 'incomplete' | 'invalid' {
  const bits = createBitReader(bytes)
  const header = readHeader(bits, bytes, info)
  if (typeof header === 'string') return header
  const {blockSize, assignment, firstSample} = header
  const channels: Float64Array[] = []
  for (let channel = 0; channel < info.channels; channel++) {
    const isSide = assignment === SIDE_RIGHT ? channel === 0 : assignment >= LEFT_SIDE && channel === 1
    const samples = decodeSubframe(bits, blockSize, info.bitsPerSample + (isSide ? 1 : 0))
    if (bits.overrun()) return 'incomplete'
    if (samples === undefined) return 'invalid'
    channels.push(samples)
  }
  bits.alignToByte()
  const contentBytes = bits.position() / 8
  const checksum = bits.read(16)
  if (bits.overrun()) return 'incomplete'
  if (crc16(bytes.subarray(0, contentBytes)) !== checksum) return 'invalid'
  decorrelate(channels, assignment)
  const scale = 2 ** (1 - info.bitsPerSample)
  return {channels: channels.map(samples => scaled(samples, scale)), firstSample, bytes: contentBytes + 2}
}

interface FrameHeader {
  readonly blockSize: number
  readonly assignment: number
  readonly firstSample: number
}

const RATES_HZ = [0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000]
const BITS_PER_SAMPLE = [0, 8, 12, undefined, 16, 20, 24, 32]

function readHeader(bits: FlacBits, bytes: Uint8Array, info: FlacInfo): FrameHeader | 'incomplete' | 'invalid' {
  const sync = bits.read(15)
  const isVariable = bits.read(1) === 1
  const sizeCode = bits.read(4)
  const rateCode = bits.read(4)
  const assignment = bits.read(4)
  const bitsPerSample = BITS_PER_SAMPLE[bits.read(3)]
  const reserved = bits.read(1)
  const number = readCodedNumber(bits)
  const blockSize = readBlockSize(bits, sizeCode)
  const rateHz = readRate(bits, rateCode)
  const headerBytes = bits.position() / 8
  const checksum = bits.read(8)
  if (sync !== 0x7ffc || reserved !== 0) return 'invalid'
  if (bits.overrun()) return 'incomplete'
  if (number === undefined || crc8(bytes.subarray(0, headerBytes)) !== checksum) return 'invalid'
  const channels = assignment < LEFT_SIDE ? assignment + 1 : assignment <= MID_SIDE ? 2 : 0
  const belongs =
    channels === info.channels &&
    (rateHz === 0 || rateHz === info.sampleRateHz) &&
    (bitsPerSample === 0 || bitsPerSample === info.bitsPerSample)
  if (!belongs || blockSize === 0 || blockSize > info.maxBlockSize) return 'invalid'
  return {blockSize, assignment, firstSample: isVariable ? number : number * info.minBlockSize}
}

/** The frame or sample number, coded as UTF-8 would code a character, with up to 36 bits. */
function readCodedNumber(bits: FlacBits): number | undefined {
  const first = bits.read(8)
  if (first < 0x80) return first
  const following = Math.clz32(~(first << 24)) - 1
  if (following < 1 || following > 6) return undefined
  let number = first & (0x3f >> following)
  for (let i = 0; i < following; i++) {
    const byte = bits.read(8)
    if (byte >> 6 !== 2) return undefined
    number = number * 64 + (byte & 0x3f)
  }
  return number
}

function readBlockSize(bits: FlacBits, code: number): number {
  if (code === 1) return 192
  if (code <= 5) return code === 0 ? 0 : 144 << code
  if (code === 6) return bits.read(8) + 1
  if (code === 7) return bits.read(16) + 1
  return 1 << code
}

function readRate(bits: FlacBits, code: number): number | undefined {
  if (code === 12) return bits.read(8) * 1000
  if (code === 13) return bits.read(16)
  if (code === 14) return bits.read(16) * 10
  return RATES_HZ[code]
}

function decorrelate(channels: readonly Float64Array[], assignment: number): void {
  const [a, b] = channels
  if (a === undefined || b === undefined || assignment < LEFT_SIDE) return
  for (let i = 0; i < a.length; i++) {
    const first = a[i] as number
    const second = b[i] as number
    if (assignment === LEFT_SIDE) b[i] = first - second
    else if (assignment === SIDE_RIGHT) a[i] = first + second
    else {
      // The sum's lowest bit was dropped; it equals the difference's.
      const sum = 2 * first + (second & 1)
      a[i] = (sum + second) / 2
      b[i] = (sum - second) / 2
    }
  }
}

function scaled(samples: Float64Array, scale: number): Float32Array {
  const out = new Float32Array(samples.length)
  for (let i = 0; i < out.length; i++) out[i] = (samples[i] as number) * scale
  return out
}

function crc8(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = CRC8_TABLE[crc ^ byte] as number
  return crc
}

function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (let i = 0; i < bytes.length; i++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC16_TABLE[(crc >> 8) ^ (bytes[i] as number)] as number)
  }
  return crc
}

const CRC8_TABLE = crcTable(8, 0x07)
const CRC16_TABLE = crcTable(16, 0x8005)

function crcTable(width: number, polynomial: number): Uint16Array {
  return Uint16Array.from({length: 256}, (_, index) => {
    let crc = index << (width - 8)
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc << 1) ^ ((crc >> (width - 1)) & 1 ? polynomial : 0)) & ((1 << width) - 1)
    return crc
  })
}
