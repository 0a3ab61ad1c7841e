import {HEADER_BYTES, type Mp3Header} from './mp3-header.js'

/** What an encoder wrote into the silent first frame: a Xing, Info or VBRI tag. */
export interface Mp3Info {
  /** Frames that follow, where the tag says so. */
  readonly frames: number | undefined
  /** Samples the encoder put before and behind the sound; only LAME and ffmpeg tell. */
  readonly trims: {readonly delaySamples: number; readonly paddingSamples: number} | undefined
}

const FRAMES_FLAG = 1
const BYTES_FLAG = 2
const SEEK_TABLE_FLAG = 4
const QUALITY_FLAG = 8
const SEEK_TABLE_BYTES = 100
const VBRI_OFFSET = 32

/** Undefined if the frame is sound. */
export function parseMp3Info(frame: Uint8Array, header: Mp3Header): Mp3Info | undefined {
  return parseXing(frame, header) ?? parseVbri(frame)
}

function parseXing(frame: Uint8Array, {isMpeg1, channels}: Mp3Header): Mp3Info | undefined {
  const at = HEADER_BYTES + sideInfoBytes(isMpeg1, channels)
  const id = text(frame, at, 4)
  if ((id !== 'Xing' && id !== 'Info') || frame.length < at + 8) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const flags = view.getUint32(at + 4)
  const frames = flags & FRAMES_FLAG && at + 12 <= frame.length ? view.getUint32(at + 8) : undefined
  const lame =
    at +
    8 +
    (flags & FRAMES_FLAG ? 4 : 0) +
    (flags & BYTES_FLAG ? 4 : 0) +
    (flags & SEEK_TABLE_FLAG ? SEEK_TABLE_BYTES : 0) +
    (flags & QUALITY_FLAG ? 4 : 0)
  const isKnownEncoder = ['LAME', 'Lavf', 'Lavc'].includes(text(frame, lame, 4)) && lame + 24 <= frame.length
  if (!isKnownEncoder) return {frames: frames || undefined, trims: undefined}
  const packed = view.getUint32(lame + 20) & 0xffffff
  return {frames: frames || undefined, trims: {delaySamples: packed >> 12, paddingSamples: packed & 0xfff}}
}

function parseVbri(frame: Uint8Array): Mp3Info | undefined {
  const at = HEADER_BYTES + VBRI_OFFSET
  if (text(frame, at, 4) !== 'VBRI' || frame.length < at + 18) return undefined
  const frames = new DataView(frame.buffer, frame.byteOffset, frame.length).getUint32(at + 14)
  return {frames: frames || undefined, trims: undefined}
}

function sideInfoBytes(isMpeg1: boolean, channels: number): number {
  if (isMpeg1) return channels === 1 ? 17 : 32
  return channels === 1 ? 9 : 17
}

function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}
