import {createRequire} from 'node:module'
import type {PacketDecoder, PacketFormat} from './packet-decoder.js'

/** The part of ogv's decoders that is used here: libvorbis and libopus as WebAssembly, called synchronously. */
interface OgvDecoder {
  readonly audioFormat: {readonly channels: number; readonly rate: number} | null
  /** The result of the last `processAudio`: one array per channel. */
  audioBuffer: readonly Float32Array[] | null
  init(done: () => void): void
  processHeader(packet: ArrayBuffer, done: (ok: number) => void): void
  processAudio(packet: ArrayBuffer, done: (ok: number) => void): void
}

type OgvFactory = (options: {print(): void; printErr(): void}) => Promise<OgvDecoder>

const VORBIS_HEADERS = 3
/** By number of channels (Vorbis I specification, 4.3.9; RFC 7845, 5.1.1.2). */
const WAVE_ORDER: Readonly<Record<number, readonly number[]>> = {
  3: [0, 2, 1],
  5: [0, 2, 1, 3, 4],
  6: [0, 2, 1, 5, 3, 4],
  7: [0, 2, 1, 6, 5, 3, 4],
  8: [0, 2, 1, 7, 5, 6, 3, 4],
}

export async function createVorbisPacketDecoder(): Promise<PacketDecoder> {
  const decoder = await load('vorbis')
  let headers = 0
  return {
    header(packet) {
      if (!accepts(decoder, packet)) return 'invalid'
      if (++headers < VORBIS_HEADERS) return 'more'
      return formatOf(decoder, 0)
    },
    decode: packet => decode(decoder, packet),
  }
}

const OPUS_HEAD_BYTES = 19
const OPUS_TAGS_BYTES = 8
const PRE_SKIP_OFFSET = 10

/** Opus always decodes at 48 kHz. The decoder leaves out the pre-skip itself and applies the header's gain. */
export async function createOpusPacketDecoder(): Promise<PacketDecoder> {
  const decoder = await load('opus')
  let preSkipSamples: number | undefined
  return {
    header(packet) {
      if (
        packet.length < (preSkipSamples === undefined ? OPUS_HEAD_BYTES : OPUS_TAGS_BYTES) ||
        !accepts(decoder, packet)
      )
        return 'invalid'
      if (preSkipSamples === undefined) {
        preSkipSamples = (packet[PRE_SKIP_OFFSET] ?? 0) + (packet[PRE_SKIP_OFFSET + 1] ?? 0) * 256
        return 'more'
      }
      // The decoder settles its format when called once more.
      accepts(decoder, new Uint8Array(0))
      return formatOf(decoder, preSkipSamples)
    },
    decode: packet => decode(decoder, packet),
  }
}

async function load(codec: 'vorbis' | 'opus'): Promise<OgvDecoder> {
  const require = createRequire(import.meta.url)
  const factory = require(`ogv/dist/ogv-decoder-audio-${codec}-wasm.js`) as OgvFactory
  const decoder = await factory({print() {}, printErr() {}})
  await new Promise<void>(resolve => decoder.init(resolve))
  return decoder
}

function formatOf({audioFormat}: OgvDecoder, preSkipSamples: number): 'invalid' | PacketFormat {
  if (audioFormat === null || audioFormat.channels < 1) return 'invalid'
  return {sampleRateHz: audioFormat.rate, channels: audioFormat.channels, preSkipSamples}
}

function accepts(decoder: OgvDecoder, packet: Uint8Array): boolean {
  let ok = 0
  // What is too damaged ends in a trap of the WebAssembly machine.
  try {
    decoder.processHeader(copyOf(packet), result => {
      ok = result
    })
  } catch {
    return false
  }
  return ok === 1
}

function decode(decoder: OgvDecoder, packet: Uint8Array): readonly Float32Array[] | undefined {
  let ok = 0
  decoder.audioBuffer = null
  try {
    decoder.processAudio(copyOf(packet), result => {
      ok = result
    })
  } catch {
    return undefined
  }
  if (ok !== 1) return undefined
  // A packet that lies within the pre-skip gives no buffer.
  const silent = Array.from({length: decoder.audioFormat?.channels ?? 0}, () => new Float32Array(0))
  return inWaveOrder(decoder.audioBuffer ?? silent)
}

/** From the order of Vorbis (left, centre, right …) to that of all other formats (left, right, centre, bass …). */
function inWaveOrder(channels: readonly Float32Array[]): readonly Float32Array[] {
  const order = WAVE_ORDER[channels.length]
  return order ? order.map(index => channels[index] ?? new Float32Array(0)) : channels
}

function copyOf(packet: Uint8Array): ArrayBuffer {
  return Uint8Array.from(packet).buffer
}
