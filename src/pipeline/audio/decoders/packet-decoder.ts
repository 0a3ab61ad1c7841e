import {createFlacPacketDecoder} from './flac-packets.js'
import type {OggCodec} from './ogg-streams.js'
import {createOpusPacketDecoder, createVorbisPacketDecoder} from './xiph-packets.js'

export interface PacketFormat {
  readonly sampleRateHz: number
  readonly channels: number
  /** Samples at the beginning that the decoder leaves out by itself, but which count in the stream's positions. */
  readonly preSkipSamples: number
}

/** Decodes the packets of one logical stream of a container. */
export interface PacketDecoder {
  /**
   * Takes a header packet. Returns `more` until the last one, then the stream's format; `invalid` if it is no header.
   */
  header(packet: Uint8Array): 'more' | 'invalid' | PacketFormat
  /** Channels of equal length, possibly 0; undefined if the packet cannot be decoded. */
  decode(packet: Uint8Array): readonly Float32Array[] | undefined
}

/** Loads the decoder for a codec. */
export const packetDecoders: Record<OggCodec, () => Promise<PacketDecoder>> = {
  vorbis: createVorbisPacketDecoder,
  opus: createOpusPacketDecoder,
  flac: createFlacPacketDecoder,
}
