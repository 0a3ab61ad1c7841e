import {findMp3Start, isLayer3} from './decoders/mp3-header.js'
import {oggStreams} from './decoders/ogg-streams.js'
import {parseWavFormat} from './decoders/wav-format.js'

/** What the first bytes show a recording to be. */
export type Container =
  /** Decoded in this process. */
  | {readonly kind: 'native'; readonly name: 'wav' | 'flac' | 'mp3' | 'ogg'}
  /** Left to ffmpeg; `unknown` where the bytes say nothing. */
  | {readonly kind: 'ffmpeg'; readonly name: string}
  /** Recognised as something without sound, `what` with its article: `a PNG image`. */
  | {readonly kind: 'other'; readonly what: string}

/** `detectContainer` wants this many bytes, or all there are. */
export const DETECTION_BYTES = 1 << 16

/** Tells the format by content; names and extensions play no part. ID3v2 tags are the caller's to skip. */
export function detectContainer(head: Uint8Array): Container {
  if (isWave(head)) return wave(head)
  if (ascii(head, 0, 'fLaC')) return {kind: 'native', name: 'flac'}
  if (ascii(head, 0, 'OggS')) return ogg(head)
  if (isUtf16(head)) return {kind: 'other', what: 'text'}
  const mp3 = mpegAudio(head, 0)
  if (mp3) return mp3
  const known = ffmpegFormats.find(([, matches]) => matches(head))
  if (known) return {kind: 'ffmpeg', name: known[0]}
  const other = otherFormats.find(([, matches]) => matches(head))
  if (other) return {kind: 'other', what: other[0]}
  if (isText(head)) return {kind: 'other', what: 'text'}
  // Some mp3 files begin with padding, or in the middle of a frame where a stream was cut.
  const start = findMp3Start(head)
  return (start === undefined ? undefined : mpegAudio(head, start)) ?? {kind: 'ffmpeg', name: 'unknown'}
}

type Test = (head: Uint8Array) => boolean

const ffmpegFormats: readonly (readonly [string, Test])[] = [
  [
    'MP4/M4A',
    head => ascii(head, 4, 'ftyp') || ascii(head, 4, 'moov') || ascii(head, 4, 'mdat') || ascii(head, 4, 'wide'),
  ],
  ['WebM/Matroska', head => bytes(head, 0, [0x1a, 0x45, 0xdf, 0xa3])],
  ['WMA/ASF', head => bytes(head, 0, [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11])],
  ['AMR', head => ascii(head, 0, '#!AMR')],
  ['AIFF', head => ascii(head, 0, 'FORM') && (ascii(head, 8, 'AIFF') || ascii(head, 8, 'AIFC'))],
  ['CAF', head => ascii(head, 0, 'caff')],
  ['AU', head => ascii(head, 0, '.snd')],
  ['AVI', head => ascii(head, 0, 'RIFF') && ascii(head, 8, 'AVI ')],
  ['Wave64', head => ascii(head, 0, 'riff')],
  ['FLV', head => ascii(head, 0, 'FLV')],
  ['Monkey’s Audio', head => ascii(head, 0, 'MAC ')],
  ['WavPack', head => ascii(head, 0, 'wvpk')],
  ['True Audio', head => ascii(head, 0, 'TTA1')],
  ['Musepack', head => ascii(head, 0, 'MPCK') || ascii(head, 0, 'MP+')],
  ['RealMedia', head => ascii(head, 0, '.RMF')],
  ['NIST Sphere', head => ascii(head, 0, 'NIST_1A')],
  ['VOC', head => ascii(head, 0, 'Creative Voice File')],
  ['MPEG program stream', head => bytes(head, 0, [0, 0, 1, 0xba])],
  ['MPEG transport stream', head => [0, 188, 376].every(at => head[at] === 0x47)],
  ['AC-3', head => bytes(head, 0, [0x0b, 0x77])],
  ['AAC', head => head[0] === 0xff && ((head[1] ?? 0) & 0xf6) === 0xf0],
]

const otherFormats: readonly (readonly [string, Test])[] = [
  ['a PNG image', head => bytes(head, 0, [0x89, 0x50, 0x4e, 0x47])],
  ['a JPEG image', head => bytes(head, 0, [0xff, 0xd8, 0xff])],
  ['a GIF image', head => ascii(head, 0, 'GIF8')],
  ['a WebP image', head => ascii(head, 0, 'RIFF') && ascii(head, 8, 'WEBP')],
  ['a BMP image', head => ascii(head, 0, 'BM') && bytes(head, 6, [0, 0, 0, 0])],
  ['a TIFF image', head => bytes(head, 0, [0x49, 0x49, 0x2a, 0]) || bytes(head, 0, [0x4d, 0x4d, 0, 0x2a])],
  ['a PDF document', head => ascii(head, 0, '%PDF')],
  [
    'a zip archive or Office document',
    head => bytes(head, 0, [0x50, 0x4b, 3, 4]) || bytes(head, 0, [0x50, 0x4b, 5, 6]),
  ],
  ['a gzip archive', head => bytes(head, 0, [0x1f, 0x8b])],
  ['a bzip2 archive', head => ascii(head, 0, 'BZh')],
  ['an xz archive', head => bytes(head, 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a])],
  ['a zstd archive', head => bytes(head, 0, [0x28, 0xb5, 0x2f, 0xfd])],
  ['a 7z archive', head => bytes(head, 0, [0x37, 0x7a, 0xbc, 0xaf])],
  ['a RAR archive', head => ascii(head, 0, 'Rar!')],
  ['a tar archive', head => ascii(head, 257, 'ustar')],
  ['a program', head => bytes(head, 0, [0x7f, 0x45, 0x4c, 0x46]) || bytes(head, 0, [0x4d, 0x5a, 0x90])],
  ['an SQLite database', head => ascii(head, 0, 'SQLite format 3')],
  ['a MIDI file (notes, no sound)', head => ascii(head, 0, 'MThd')],
]

function isWave(head: Uint8Array): boolean {
  return ['RIFF', 'RF64', 'BW64'].some(id => ascii(head, 0, id)) && ascii(head, 8, 'WAVE')
}

/** A wave may hold any codec; ffmpeg gets the ones that are not PCM. */
function wave(head: Uint8Array): Container {
  for (let at = 12; at + 8 <= head.length; ) {
    const bytesInChunk = new DataView(head.buffer, head.byteOffset).getUint32(at + 4, true)
    if (ascii(head, at, 'fmt ')) {
      const format = parseWavFormat(head.subarray(at + 8, at + 8 + bytesInChunk))
      if (format !== undefined && format.pcm === undefined) return {kind: 'ffmpeg', name: `wav with ${format.codec}`}
      break
    }
    at += 8 + bytesInChunk + (bytesInChunk % 2)
  }
  return {kind: 'native', name: 'wav'}
}

function ogg(head: Uint8Array): Container {
  const streams = oggStreams(head)
  const isNative = streams.length === 0 || streams.some(stream => stream.codec !== undefined)
  return isNative ? {kind: 'native', name: 'ogg'} : {kind: 'ffmpeg', name: 'Ogg'}
}

function mpegAudio(head: Uint8Array, at: number): Container | undefined {
  const frames = head.subarray(at)
  if (findMp3Start(frames) !== 0) return undefined
  return isLayer3(frames) ? {kind: 'native', name: 'mp3'} : {kind: 'ffmpeg', name: 'MPEG audio layer I/II'}
}

/** By its byte order mark, one of which looks like a frame of the extinct MPEG layer I. */
function isUtf16(head: Uint8Array): boolean {
  return bytes(head, 0, [0xff, 0xfe]) || bytes(head, 0, [0xfe, 0xff])
}

/** UTF-8 without control characters. */
function isText(head: Uint8Array): boolean {
  const sample = head.subarray(0, 4096)
  if (sample.some(byte => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c)) return false
  try {
    // `stream` forgives a character cut at the end of the sample.
    new TextDecoder('utf-8', {fatal: true}).decode(sample, {stream: true})
    return true
  } catch {
    return false
  }
}

function ascii(head: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (head[at + i] !== text.charCodeAt(i)) return false
  return true
}

function bytes(head: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, i) => head[at + i] === byte)
}
