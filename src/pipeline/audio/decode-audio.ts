import {createWriteStream} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {LinguluError} from '../errors.js'
import {audioWarning, type DecoderEvent} from './audio-event.js'
import {ByteReader} from './byte-reader.js'
import {openFile, openStream} from './byte-source.js'
import type {Decoder} from './decoders/decoder.js'
import {decodeWithFfmpeg} from './decoders/ffmpeg.js'
import {decodeFlac} from './decoders/flac.js'
import {decodeMp3} from './decoders/mp3.js'
import {id3v2Bytes} from './decoders/mp3-tags.js'
import {decodeOgg} from './decoders/ogg.js'
import {decodeRawPcm} from './decoders/raw-pcm.js'
import {decodeWav} from './decoders/wav.js'
import {type Container, DETECTION_BYTES, detectContainer} from './detect-container.js'
import {type AudioSource, SAMPLE_RATE_HZ} from './source.js'

const ID3_HEADER_BYTES = 10
/** Enough to recognise a wave or FLAC. */
const HEAD_BYTES = 12

const nativeDecoders: Record<Extract<Container, {kind: 'native'}>['name'], Decoder> = {
  wav: decodeWav,
  flac: decodeFlac,
  mp3: decodeMp3,
  ogg: decodeOgg,
}

/**
 * Decodes a source at its own rate with all its channels, piece by piece as it is pulled.
 *
 * @throws LinguluError with a code of its own for each way a file can be unusable (see docs/audio.md)
 */
export async function* decodeAudio(
  source: AudioSource,
  signal?: AbortSignal | undefined,
): AsyncGenerator<DecoderEvent> {
  if (source.type === 'samples') {
    yield {type: 'format', container: 'samples', codec: 'f32', sampleRateHz: SAMPLE_RATE_HZ, channels: 1}
    yield {type: 'pcm', channels: [source.samples]}
    return
  }
  const name = source.type === 'file' ? source.path : source.name
  const bytes = await (source.type === 'file' ? openFile(source.path, signal) : openStream(source.stream, name, signal))
  try {
    const reader = new ByteReader(bytes)
    if (source.type === 'raw') yield* decodeRawPcm({reader, name}, source.layout)
    else yield* decodeByContent(source.type === 'file' ? source.path : undefined, reader, name, signal)
  } finally {
    await bytes.close()
  }
}

async function* decodeByContent(
  path: string | undefined,
  reader: ByteReader,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<DecoderEvent> {
  await skipId3Tags(reader)
  await reader.fill(DETECTION_BYTES)
  if (reader.position + reader.available === 0) throw new LinguluError('AUDIO_EMPTY', `${name} is empty (0 bytes)`)
  if (reader.available === 0) throw new LinguluError('AUDIO_EMPTY', `${name} has a tag but no sound`)
  const container = detectContainer(reader.peek(DETECTION_BYTES))
  if (container.kind === 'other') {
    throw new LinguluError('AUDIO_UNSUPPORTED', `${name} is not audio: it is ${container.what}`)
  }
  if (container.kind === 'native') {
    yield* nativeDecoders[container.name]({reader, name})
    yield* decodeAppended(reader, name)
  } else if (path !== undefined) yield* decodeWithFfmpeg({path, name, what: container.name, signal})
  else yield* decodeSpooled(reader, name, container.name, signal)
}

/** Recordings put one after the other into one file are read one after the other. Ogg and mp3 do so by themselves. */
async function* decodeAppended(reader: ByteReader, name: string): AsyncGenerator<DecoderEvent> {
  while (await reader.fill(HEAD_BYTES)) {
    const head = String.fromCharCode(...reader.peek(HEAD_BYTES))
    const decode = head.startsWith('fLaC') ? decodeFlac : /^RIFF....WAVE/s.test(head) ? decodeWav : undefined
    if (decode === undefined) return
    try {
      yield* decode({reader, name})
    } catch (error) {
      if (!(error instanceof LinguluError)) throw error
      yield audioWarning('damaged', `what follows the first recording in ${name} is not used: ${error.message}`)
    }
  }
}

/** An ID3v2 tag may stand before mp3, FLAC and AAC; with pictures it is larger than any detection window. */
async function skipId3Tags(reader: ByteReader): Promise<void> {
  for (;;) {
    await reader.fill(ID3_HEADER_BYTES)
    const tagBytes = id3v2Bytes(reader.peek(ID3_HEADER_BYTES))
    if (tagBytes === 0) return
    await reader.skip(tagBytes)
  }
}

/** MP4 and others have to be read back and forth, which a pipe does not allow. */
async function* decodeSpooled(
  reader: ByteReader,
  name: string,
  what: string,
  signal?: AbortSignal,
): AsyncGenerator<DecoderEvent> {
  const directory = await mkdtemp(join(tmpdir(), 'lingulu-audio-'))
  try {
    const path = join(directory, 'input')
    await pipeline(remaining(reader), createWriteStream(path))
    yield* decodeWithFfmpeg({path, name, what, signal})
  } finally {
    await rm(directory, {recursive: true, force: true})
  }
}

async function* remaining(reader: ByteReader): AsyncGenerator<Uint8Array> {
  // The copy is needed: the writer keeps what it gets, the reader writes over it.
  while (await reader.fill(1)) yield reader.take().slice()
}
