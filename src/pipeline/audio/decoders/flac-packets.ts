import {decodeFlacFrame} from './flac-frame.js'
import {type FlacInfo, parseFlacInfo, STREAMINFO_BYTES} from './flac-info.js'
import type {PacketDecoder} from './packet-decoder.js'

/** `\x7fFLAC`, two version bytes, the number of further headers, `fLaC` and a block header. */
const INFO_OFFSET = 17
const LAST_BLOCK = 0x80

/** FLAC in Ogg (RFC 9639, section 10.1): a packet is a metadata block or a frame. */
export async function createFlacPacketDecoder(): Promise<PacketDecoder> {
  let info: FlacInfo | undefined
  return {
    header(packet) {
      const flags = packet[info === undefined ? INFO_OFFSET - 4 : 0]
      info ??= parseFlacInfo(packet.subarray(INFO_OFFSET, INFO_OFFSET + STREAMINFO_BYTES))
      if (info === undefined || flags === undefined) return 'invalid'
      const {sampleRateHz, channels} = info
      return flags & LAST_BLOCK ? {sampleRateHz, channels, preSkipSamples: 0} : 'more'
    },
    decode(packet) {
      const frame = info && decodeFlacFrame(packet, info)
      return typeof frame === 'object' ? frame.channels : undefined
    },
  }
}
