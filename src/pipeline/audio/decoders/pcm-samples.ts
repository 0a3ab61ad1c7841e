import type {RawFormat} from '../source.js'

export const BYTES_PER_SAMPLE = {
  s16le: 2,
  s16be: 2,
  s24le: 3,
  s32le: 4,
  f32le: 4,
  f64le: 8,
  u8: 1,
  s8: 1,
  alaw: 1,
  mulaw: 1,
} as const satisfies Record<RawFormat, number>

/**
 * Takes interleaved PCM apart: one array per channel, full scale ±1. A partial frame at the end is left out.
 * Numbers that are not finite become 0, so that one bad value cannot silence all that follows in a filter.
 */
export function decodePcm(format: RawFormat, bytes: Uint8Array, channels: number): Float32Array[] {
  const read = readers[format]
  const width = BYTES_PER_SAMPLE[format]
  const frames = Math.floor(bytes.length / (width * channels))
  const view = new DataView(bytes.buffer, bytes.byteOffset, frames * width * channels)
  return Array.from({length: channels}, (_, channel) => {
    const samples = new Float32Array(frames)
    read(view, channel * width, channels * width, samples)
    return samples
  })
}

type StridedReader = (view: DataView, offset: number, stride: number, out: Float32Array) => void

const readers: Record<RawFormat, StridedReader> = {
  s16le(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = view.getInt16(at, true) / 0x8000
  },
  s16be(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = view.getInt16(at) / 0x8000
  },
  s24le(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) {
      out[i] = (view.getUint16(at, true) + view.getInt8(at + 2) * 0x10000) / 0x800000
    }
  },
  s32le(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = view.getInt32(at, true) / 0x80000000
  },
  f32le(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = finite(view.getFloat32(at, true))
  },
  f64le(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = finite(view.getFloat64(at, true))
  },
  u8(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = (view.getUint8(at) - 0x80) / 0x80
  },
  s8(view, offset, stride, out) {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = view.getInt8(at) / 0x80
  },
  alaw: byTable(Float32Array.from({length: 256}, (_, code) => alaw(code) / 0x8000)),
  mulaw: byTable(Float32Array.from({length: 256}, (_, code) => mulaw(code) / 0x8000)),
}

// Beyond ±1e6 (120 dB over full scale) a float is damage as well, and its square would overflow later.
function finite(value: number): number {
  return Math.abs(value) < 1e6 ? value : 0
}

function byTable(table: Float32Array): StridedReader {
  return (view, offset, stride, out) => {
    for (let i = 0, at = offset; i < out.length; i++, at += stride) out[i] = table[view.getUint8(at)] as number
  }
}

/** ITU-T G.711, section 2, as 16-bit values. */
function alaw(code: number): number {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 15) << 4) + (exponent === 0 ? 8 : 0x108)
  const magnitude = exponent > 1 ? mantissa << (exponent - 1) : mantissa
  return bits & 0x80 ? magnitude : -magnitude
}

/** ITU-T G.711, section 3, as 16-bit values. */
function mulaw(code: number): number {
  const bits = ~code
  const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
}
