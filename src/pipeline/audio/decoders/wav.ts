import {LinguluError} from '../../errors.js'
import {audioWarning, type DecoderEvent, truncationWarning} from '../audio-event.js'
import type {ByteReader} from '../byte-reader.js'
import type {DecoderInput} from './decoder.js'
import {decodePcm} from './pcm-samples.js'
import {checkedRate, MAX_CHANNELS} from './plausible.js'
import {parseWavFormat, type WavFormat} from './wav-format.js'

const MAX_FORMAT_BYTES = 4096
const READ_FRAMES = 1 << 14
const UNKNOWN_SIZE = 0xffffffff
/** sox, arecord and others write a size near 2 GiB where they cannot know it. */
const PLACEHOLDER_SIZES = [0x7ffff000, 0x80000000] as const
const FOUR_GIB = 2 ** 32

/** RIFF, RF64 and BW64 waves with PCM, float, A-law or µ-law; also as written to a pipe, without sizes. */
export async function* decodeWav({reader, name}: DecoderInput): AsyncGenerator<DecoderEvent> {
  const {format, dataBytes} = await readHeader(reader, name)
  const {pcm, channels, sampleRateHz, bytesPerFrame, codec} = format
  if (pcm === undefined) {
    const hint = `Convert it first: ffmpeg -i ${name} -c:a pcm_s16le converted.wav`
    throw new LinguluError('AUDIO_UNSUPPORTED', `${name} is a wav file with ${codec}`, {hint})
  }
  const declaredSeconds = dataBytes === undefined ? undefined : Math.floor(dataBytes / bytesPerFrame) / sampleRateHz
  yield {type: 'format', container: 'wav', codec, sampleRateHz, channels, declaredSeconds}
  let left = dataBytes ?? Number.POSITIVE_INFINITY
  let frames = 0
  while (left >= bytesPerFrame && (await reader.fill(bytesPerFrame))) {
    const wanted = Math.min(left, reader.available, READ_FRAMES * bytesPerFrame)
    const bytes = reader.take(wanted - (wanted % bytesPerFrame))
    left -= bytes.length
    frames += bytes.length / bytesPerFrame
    yield {type: 'pcm', channels: decodePcm(pcm, bytes, channels)}
  }
  if (declaredSeconds !== undefined && left >= bytesPerFrame) {
    yield truncationWarning(name, frames / sampleRateHz, declaredSeconds)
  } else if (dataBytes === undefined && reader.available > 0) {
    yield audioWarning('truncated', `${name} ends in the middle of a sample`)
  }
}

interface WavHeader {
  readonly format: WavFormat
  /** Undefined where the writer did not know it: everything up to the end is sound. */
  readonly dataBytes: number | undefined
}

/** Consumes everything up to the first byte of sound. */
async function readHeader(reader: ByteReader, name: string): Promise<WavHeader> {
  await reader.fill(12)
  const riffBytes = uint32(reader.take(12), 4)
  let format: WavFormat | undefined
  let longDataBytes: number | undefined
  while (await reader.fill(8)) {
    const chunk = reader.take(8)
    const id = String.fromCharCode(...chunk.subarray(0, 4))
    const bytes = uint32(chunk, 4)
    if (id === 'data') {
      if (format === undefined) throw corrupt(name, 'has its sound before its format')
      return {format, dataBytes: dataSize(reader, bytes, riffBytes, longDataBytes)}
    }
    if (id === 'fmt ' && bytes <= MAX_FORMAT_BYTES && (await reader.fill(bytes))) {
      format = checkedFormat(reader.peek(bytes), name)
    }
    if (id === 'ds64' && bytes >= 24 && (await reader.fill(24))) longDataBytes = uint64(reader.peek(24), 8)
    await reader.skip(bytes + (bytes % 2))
  }
  if (format === undefined) throw corrupt(name, 'ends before its format')
  throw new LinguluError('AUDIO_EMPTY', `${name} has a wav header but no sound`)
}

/** How much of what follows is sound, as far as the header can be believed. */
function dataSize(reader: ByteReader, bytes: number, riffBytes: number, longBytes?: number): number | undefined {
  if (bytes === UNKNOWN_SIZE) return longBytes
  if (bytes >= PLACEHOLDER_SIZES[0] && bytes <= PLACEHOLDER_SIZES[1]) return undefined
  // A recorder that was killed leaves 0 in both places; a wave without sound has a true RIFF size.
  if (bytes === 0 && (riffBytes === 0 || riffBytes === UNKNOWN_SIZE || riffBytes <= reader.position - 8))
    return undefined
  const remaining = (reader.totalBytes ?? 0) - reader.position
  // Beyond 4 GiB the 32-bit size has wrapped around.
  return remaining - bytes >= FOUR_GIB ? undefined : bytes
}

function checkedFormat(chunk: Uint8Array, name: string): WavFormat {
  const format = parseWavFormat(chunk)
  if (format === undefined) throw corrupt(name, 'has a format chunk that is too short')
  if (format.channels === 0 || format.channels > MAX_CHANNELS)
    throw corrupt(name, `declares ${format.channels} channels`)
  checkedRate(format.sampleRateHz, name)
  return format
}

function corrupt(name: string, what: string): LinguluError {
  return new LinguluError('AUDIO_CORRUPT', `${name} is a damaged wav file: it ${what}`)
}

function uint32(bytes: Uint8Array, offset: number): number {
  return bytes.length < offset + 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true)
}

function uint64(bytes: Uint8Array, offset: number): number {
  return uint32(bytes, offset) + uint32(bytes, offset + 4) * FOUR_GIB
}
