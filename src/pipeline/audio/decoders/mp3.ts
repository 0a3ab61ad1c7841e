import {LinguluError} from '../../errors.js'
import {
  type AudioFormat,
  audioWarning,
  type DecodedPcm,
  type DecoderEvent,
  inSeconds,
  truncationWarning,
} from '../audio-event.js'
import type {ByteReader} from '../byte-reader.js'
import type {DecoderInput} from './decoder.js'
import {createMp3FrameDecoder} from './mp3-frame.js'
import {
  areCompatible,
  countFrames,
  findMp3Start,
  MAX_FRAME_BYTES,
  type Mp3Header,
  parseMp3Header,
} from './mp3-header.js'
import {type Mp3Info, parseMp3Info} from './mp3-info.js'
import {mp3TagBytes} from './mp3-tags.js'
import {createTrimmer} from './trimmer.js'

const READ_BYTES = 1 << 16
/** What every decoder of layer III adds to the encoder's own delay. */
const DECODER_DELAY_SAMPLES = 529
/** The first frames of a cut stream need data that is gone; that is no damage. */
const START_FRAMES = 10

/** MPEG audio layer III. Encoder delay and padding are cut off as ffmpeg does, where a LAME tag tells them. */
export async function* decodeMp3(input: DecoderInput): AsyncGenerator<DecoderEvent> {
  const {reader, name} = input
  const first = await findFirstFrame(reader, name)
  const info = parseMp3Info(reader.peek(first.frameBytes), first)
  if (info !== undefined) reader.take(first.frameBytes)
  const declaredSeconds = declaredLength(first, info)
  yield formatOf(first, declaredSeconds)
  const state: Mp3State = {frames: 0, damagedFrames: 0, junkBytes: 0, isCut: false}
  const trim = trimmerFor(first, info)
  let channels = first.channels
  for await (const batch of readFrames(reader, first, state)) {
    if (batch.channels !== channels) {
      channels = batch.channels
      yield {...formatOf(first, declaredSeconds), channels}
    }
    for (const kept of trim(batch.pcm)) yield {type: 'pcm', channels: kept}
  }
  yield* doubts(name, first, info, state)
}

interface Mp3State {
  /** Frames with sound, decoded or replaced by silence. */
  frames: number
  damagedFrames: number
  junkBytes: number
  /** The last frame is not complete. */
  isCut: boolean
}

async function findFirstFrame(reader: ByteReader, name: string): Promise<Mp3Header> {
  await reader.fill(READ_BYTES)
  const start = findMp3Start(reader.peek())
  if (start !== undefined) reader.take(start)
  await reader.fill(MAX_FRAME_BYTES)
  const header = parseMp3Header(reader.peek(), 0)
  if (header !== undefined && header.layer === 3) return header
  throw new LinguluError('AUDIO_CORRUPT', `${name} is a damaged mp3 file: no frame can be found`)
}

function declaredLength({samplesPerFrame, sampleRateHz}: Mp3Header, info: Mp3Info | undefined): number | undefined {
  if (info?.frames === undefined) return undefined
  const {delaySamples = 0, paddingSamples = 0} = info.trims ?? {}
  const samples = info.frames * samplesPerFrame - delaySamples - paddingSamples
  return Math.max(0, samples) / sampleRateHz
}

function formatOf({sampleRateHz, channels}: Mp3Header, declaredSeconds: number | undefined): AudioFormat {
  return {type: 'format', container: 'mp3', codec: 'mp3', sampleRateHz, channels, declaredSeconds}
}

/** As ffmpeg: the delay goes, and the padding before the last declared frame's end; what is appended behind it stays. */
function trimmerFor(first: Mp3Header, info: Mp3Info | undefined) {
  if (info?.trims === undefined) return createTrimmer([])
  const {delaySamples, paddingSamples} = info.trims
  const delay = {from: 0, to: delaySamples + DECODER_DELAY_SAMPLES}
  if (info.frames === undefined || paddingSamples <= DECODER_DELAY_SAMPLES) return createTrimmer([delay])
  const end = info.frames * first.samplesPerFrame
  return createTrimmer([delay, {from: end - paddingSamples + DECODER_DELAY_SAMPLES, to: end}])
}

interface Batch {
  readonly channels: 1 | 2
  readonly pcm: DecodedPcm['channels']
}

const BATCH_FRAMES = 32

/** Frames in their order, many at a time. A frame that cannot be decoded is silent. */
async function* readFrames(reader: ByteReader, first: Mp3Header, state: Mp3State): AsyncGenerator<Batch> {
  const decoder = createMp3FrameDecoder()
  for (;;) {
    const header = await nextFrame(reader, first, state)
    if (header === undefined) return
    const {channels, samplesPerFrame} = header
    const out = Array.from({length: channels}, () => new Float32Array(BATCH_FRAMES * samplesPerFrame))
    let count = 0
    for (let next: Mp3Header | undefined = header; next !== undefined && count < BATCH_FRAMES; count++) {
      if (!decoder.decode(reader.take(next.frameBytes), out, count * samplesPerFrame)) {
        if (state.frames >= START_FRAMES) state.damagedFrames++
      }
      state.frames++
      const following = parseMp3Header(reader.peek(), 0)
      const fits = following && areCompatible(first, following) && following.channels === channels
      next = fits && following.frameBytes <= reader.available ? following : undefined
    }
    yield {channels, pcm: out.map(samples => samples.subarray(0, count * samplesPerFrame))}
  }
}

/** Moves the reader to the next whole frame; undefined when there is none. */
async function nextFrame(reader: ByteReader, first: Mp3Header, state: Mp3State): Promise<Mp3Header | undefined> {
  for (;;) {
    await reader.fill(MAX_FRAME_BYTES * 3)
    const header = parseMp3Header(reader.peek(), 0)
    if (header !== undefined && areCompatible(first, header)) {
      if (header.frameBytes <= reader.available) return header
      state.isCut = true
      return undefined
    }
    if (reader.available === 0) return undefined
    const tagBytes = mp3TagBytes(reader.peek(32))
    if (tagBytes > 0) await reader.skip(tagBytes)
    else skipJunk(reader, first, state)
  }
}

/** On to the next place where two frames of this stream follow one another. */
function skipJunk(reader: ByteReader, first: Mp3Header, state: Mp3State): void {
  const bytes = reader.peek()
  let at = bytes.indexOf(0xff, 1)
  for (; at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const header = parseMp3Header(bytes, at)
    const fits = header !== undefined && areCompatible(first, header)
    if (fits && (countFrames(bytes, at, 2).frames === 2 || at + header.frameBytes >= bytes.length)) break
  }
  const junk = reader.take(at === -1 ? Math.max(1, bytes.length - 3) : at)
  // Zeros are padding.
  if (junk.some(byte => byte !== 0)) state.junkBytes += junk.length
}

function* doubts(name: string, first: Mp3Header, info: Mp3Info | undefined, state: Mp3State): Generator<DecoderEvent> {
  const {samplesPerFrame, sampleRateHz} = first
  const {frames, damagedFrames, junkBytes, isCut} = state
  if (frames === 0) throw nothingRead(name, isCut || junkBytes > 0)
  const seconds = (count: number) => (count * samplesPerFrame) / sampleRateHz
  if (damagedFrames > 0) {
    const message = `${name} is damaged: ${damagedFrames} of ${frames} frames cannot be decoded and are silent`
    yield audioWarning('damaged', message)
  }
  const isComplete = info?.frames !== undefined && frames >= info.frames
  if (junkBytes > 0 && !isComplete)
    yield audioWarning('damaged', `${name} has ${junkBytes} bytes that are not mp3 frames`)
  if (info?.frames !== undefined && frames < info.frames)
    yield truncationWarning(name, seconds(frames), seconds(info.frames))
  else if (isCut && !isComplete) {
    yield audioWarning('truncated', `${name} ends in the middle of a frame, after ${inSeconds(seconds(frames))}`)
  }
}

function nothingRead(name: string, isDamaged: boolean): LinguluError {
  if (isDamaged) return new LinguluError('AUDIO_CORRUPT', `${name} is a damaged mp3 file: not one frame can be read`)
  return new LinguluError('AUDIO_EMPTY', `${name} has an mp3 header but no sound`)
}
