import {LinguluError} from '../../errors.js'
import type {DecoderEvent} from '../audio-event.js'
import {createPacketAssembler} from './ogg-packets.js'
import type {OggPage} from './ogg-page.js'
import {createOggPositions, type OggPositions} from './ogg-position.js'
import type {OggCodec} from './ogg-streams.js'
import {type PacketFormat, packetDecoders} from './packet-decoder.js'
import {checkedRate} from './plausible.js'
import {silence} from './silence.js'

/** A gap is believed up to this length; more is a damaged position. */
const MAX_GAP_SECONDS = 60

/** One logical stream of an Ogg file. */
export interface OggLink {
  readonly serial: number
  /** Whether its headers are over. */
  readonly hasSound: boolean
  readonly hasEnd: boolean
  readonly samples: number
  readonly seconds: number
  readonly damagedPackets: number
  take(page: OggPage): Generator<DecoderEvent>
}

/** @throws LinguluError AUDIO_CORRUPT while reading, if the headers make no sense */
export async function createOggLink(codec: OggCodec, serial: number, name: string): Promise<OggLink> {
  const decoder = await packetDecoders[codec]()
  const assembler = createPacketAssembler()
  const stats = {hasEnd: false, samples: 0, damagedPackets: 0}
  let format: PacketFormat | undefined
  let positions: OggPositions | undefined

  const readHeader = function* (packet: Uint8Array): Generator<DecoderEvent> {
    const result = decoder.header(packet)
    if (result === 'invalid') throw new LinguluError('AUDIO_CORRUPT', `${name} has a damaged ${codec} header`)
    if (result === 'more') return
    format = result
    positions = createOggPositions(result.preSkipSamples, codec === 'vorbis')
    const sampleRateHz = checkedRate(format.sampleRateHz, name)
    yield {type: 'format', container: 'ogg', codec, sampleRateHz, channels: format.channels}
  }
  const emit = function* (
    page: OggPage,
    pieces: readonly (readonly Float32Array[])[],
    {channels, sampleRateHz}: PacketFormat,
  ): Generator<DecoderEvent> {
    const length = pieces.reduce((sum, piece) => sum + (piece[0]?.length ?? 0), 0)
    const {skip, gap, keep} = positions?.place(page, length) ?? {skip: 0, gap: 0, keep: length}
    if (gap > 0 && gap <= MAX_GAP_SECONDS * sampleRateHz) {
      yield* silence(channels, gap)
      stats.samples += gap
    }
    if (keep > 0) yield {type: 'pcm', channels: joined(pieces, channels, skip, skip + keep)}
    stats.samples += keep
  }
  return {
    serial,
    get hasSound() {
      return format !== undefined
    },
    get hasEnd() {
      return stats.hasEnd
    },
    get samples() {
      return stats.samples
    },
    get seconds() {
      return format === undefined ? 0 : stats.samples / format.sampleRateHz
    },
    get damagedPackets() {
      return stats.damagedPackets
    },
    *take(page) {
      const {packets, isAfterLoss} = assembler.take(page)
      if (isAfterLoss) positions?.noteLoss()
      stats.hasEnd = page.isLast
      const pieces: (readonly Float32Array[])[] = []
      for (const packet of packets) {
        if (format === undefined) yield* readHeader(packet)
        else if (packet.length > 0) {
          const piece = decoder.decode(packet)
          if (piece?.length === format.channels) pieces.push(piece)
          else {
            stats.damagedPackets++
            positions?.noteLoss()
          }
        }
      }
      if (format !== undefined && pieces.length > 0) yield* emit(page, pieces, format)
    },
  }
}

function joined(
  pieces: readonly (readonly Float32Array[])[],
  channels: number,
  from: number,
  to: number,
): Float32Array[] {
  return Array.from({length: channels}, (_, channel) => {
    const whole = new Float32Array(to)
    let at = 0
    for (const piece of pieces) {
      const samples = piece[channel] ?? new Float32Array(0)
      whole.set(samples.subarray(0, Math.max(0, to - at)), Math.min(at, to))
      at += samples.length
    }
    return whole.subarray(from)
  })
}
