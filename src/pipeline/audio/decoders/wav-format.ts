import type {RawFormat} from '../source.js'

/** A wave `fmt ` chunk. */
export interface WavFormat {
  readonly channels: number
  readonly sampleRateHz: number
  readonly bytesPerFrame: number
  /** What `decodePcm` calls it; undefined for codecs that are not PCM. */
  readonly pcm: RawFormat | undefined
  /** For messages: `pcm_s16le`, or `codec 0x0011`. */
  readonly codec: string
}

const PCM = 1
const FLOAT = 3
const ALAW = 6
const MULAW = 7
const EXTENSIBLE = 0xfffe

/** Reads a `fmt ` chunk's content; undefined if it makes no sense. */
export function parseWavFormat(chunk: Uint8Array): WavFormat | undefined {
  if (chunk.length < 16) return undefined
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
  const tag = view.getUint16(0, true)
  // An extensible format's GUID begins with the plain tag.
  const codecTag = tag === EXTENSIBLE && chunk.length >= 26 ? view.getUint16(24, true) : tag
  const channels = view.getUint16(2, true)
  const sampleRateHz = view.getUint32(4, true)
  const bytesPerFrame = view.getUint16(12, true)
  const pcm = pcmFormat(codecTag, channels === 0 ? 0 : bytesPerFrame / channels)
  const codec = pcm === undefined ? `codec 0x${codecTag.toString(16).padStart(4, '0')}` : `pcm_${pcm}`
  return {channels, sampleRateHz, bytesPerFrame, pcm, codec}
}

/** By the width of the container: a 20-bit sample stands in the upper bits of three bytes. */
function pcmFormat(tag: number, bytes: number): RawFormat | undefined {
  if (tag === PCM) return ({1: 'u8', 2: 's16le', 3: 's24le', 4: 's32le'} as const)[bytes]
  if (tag === FLOAT) return ({4: 'f32le', 8: 'f64le'} as const)[bytes]
  if (tag === ALAW && bytes === 1) return 'alaw'
  if (tag === MULAW && bytes === 1) return 'mulaw'
  return undefined
}
