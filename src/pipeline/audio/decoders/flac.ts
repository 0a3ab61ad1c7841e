import {LinguluError} from '../../errors.js'
import {audioWarning, type DecoderEvent, inSeconds, truncationWarning} from '../audio-event.js'
import type {ByteReader} from '../byte-reader.js'
import type {DecoderInput} from './decoder.js'
import {decodeFlacFrame, type FlacFrame} from './flac-frame.js'
import {type FlacInfo, parseFlacInfo} from './flac-info.js'
import {checkedRate} from './plausible.js'
import {silence} from './silence.js'

const READ_BYTES = 1 << 15
/** The largest block of eight channels, uncoded; what asks for more is not a frame. */
const MAX_FRAME_BYTES = 65536 * 8 * 4 + 65536
/** A longer gap is believed only as far as the header's total allows. */
const MAX_GAP_SECONDS = 60

/** FLAC in its own container. Frames with a wrong checksum are replaced by silence, so that times stay right. */
export async function* decodeFlac({reader, name}: DecoderInput): AsyncGenerator<DecoderEvent> {
  const info = await readMetadata(reader, name)
  const {sampleRateHz, channels, totalSamples} = info
  const declaredSeconds = totalSamples === undefined ? undefined : totalSamples / sampleRateHz
  yield {type: 'format', container: 'flac', codec: 'flac', sampleRateHz, channels, declaredSeconds}
  const state: FlacState = {position: 0, damagedPlaces: 0, isCut: false}
  for await (const frame of readFrames(reader, info, state)) {
    const gap = state.damagedPlaces > 0 ? gapBefore(frame, state.position, info) : 0
    yield* silence(channels, gap)
    yield {type: 'pcm', channels: frame.channels}
    state.position += gap + (frame.channels[0]?.length ?? 0)
  }
  const {position, damagedPlaces, isCut} = state
  if (position === 0) throw nothingRead(name, damagedPlaces > 0 || isCut)
  if (damagedPlaces > 0) {
    yield audioWarning('damaged', `${name} is damaged in ${damagedPlaces} place(s); there it is silent or shortened`)
  }
  if (declaredSeconds !== undefined && totalSamples !== undefined && position < totalSamples) {
    yield truncationWarning(name, position / sampleRateHz, declaredSeconds)
  } else if (isCut) {
    yield audioWarning(
      'truncated',
      `${name} ends in the middle of a frame, after ${inSeconds(position / sampleRateHz)}`,
    )
  }
}

interface FlacState {
  /** Samples given out. */
  position: number
  damagedPlaces: number
  /** The last frame is not complete. */
  isCut: boolean
}

async function readMetadata(reader: ByteReader, name: string): Promise<FlacInfo> {
  await reader.skip(4)
  let info: FlacInfo | undefined
  for (let isLast = false; !isLast; ) {
    if (!(await reader.fill(4))) throw corrupt(name, 'it ends within its header')
    const [flags = 0, a = 0, b = 0, c = 0] = reader.take(4)
    const bytes = a * 0x10000 + b * 0x100 + c
    isLast = flags >= 0x80
    if (info === undefined) {
      await reader.fill(bytes)
      info = parseFlacInfo(reader.peek(bytes))
      if ((flags & 0x7f) !== 0 || info === undefined) throw corrupt(name, 'its header makes no sense')
    }
    if (!(await reader.skip(bytes))) throw corrupt(name, 'it ends within its header')
  }
  if (info === undefined) throw corrupt(name, 'it has no header')
  checkedRate(info.sampleRateHz, name)
  return info
}

/** All frames that can be read, in their order; what lies between them is counted as damage. */
async function* readFrames(reader: ByteReader, info: FlacInfo, state: FlacState): AsyncGenerator<FlacFrame> {
  const total = info.totalSamples ?? Number.POSITIVE_INFINITY
  let wanted = READ_BYTES
  let isLost = false
  while (state.position < total) {
    await reader.fill(wanted)
    if (reader.available === 0 || isTag(reader.peek(3))) return
    const frame = decodeFlacFrame(reader.peek(), info)
    if (typeof frame === 'object') {
      reader.take(frame.bytes)
      isLost = false
      wanted = READ_BYTES
      yield frame
    } else if (frame === 'incomplete' && !reader.ended && reader.available < MAX_FRAME_BYTES) {
      wanted = reader.available * 2
    } else {
      if (frame === 'incomplete' && reader.ended) state.isCut = true
      if (!isLost && frame === 'invalid') state.damagedPlaces++
      isLost = true
      wanted = READ_BYTES
      skipToSync(reader)
    }
  }
}

function isTag(bytes: Uint8Array): boolean {
  return bytes[0] === 0x54 && bytes[1] === 0x41 && bytes[2] === 0x47
}

/** On to the next byte that could begin a frame. */
function skipToSync(reader: ByteReader): void {
  const bytes = reader.peek()
  let next = bytes.indexOf(0xff, 1)
  while (next !== -1 && next + 1 < bytes.length && ((bytes[next + 1] as number) & 0xfe) !== 0xf8) {
    next = bytes.indexOf(0xff, next + 1)
  }
  reader.take(next === -1 ? bytes.length : next)
}

function gapBefore(frame: FlacFrame, position: number, info: FlacInfo): number {
  const limit = info.totalSamples ?? position + MAX_GAP_SECONDS * info.sampleRateHz
  const gap = frame.firstSample - position
  return gap > 0 && frame.firstSample < limit ? gap : 0
}

function corrupt(name: string, why: string): LinguluError {
  return new LinguluError('AUDIO_CORRUPT', `${name} is a damaged FLAC file: ${why}`)
}

function nothingRead(name: string, isDamaged: boolean): LinguluError {
  if (isDamaged) return corrupt(name, 'not one frame can be read')
  return new LinguluError('AUDIO_EMPTY', `${name} has a FLAC header but no sound`)
}
