import {parseOggPage} from './ogg-page.js'

export type OggCodec = 'vorbis' | 'opus' | 'flac'

export interface OggStream {
  readonly serial: number
  /** Undefined for what is not decoded in this process: Speex, video, subtitles. */
  readonly codec: OggCodec | undefined
}

/** The logical streams announced by the pages at the beginning of `bytes`. */
export function oggStreams(bytes: Uint8Array): OggStream[] {
  const streams: OggStream[] = []
  for (let at = 0; ; ) {
    const page = parseOggPage(bytes, at)
    if (page === undefined || !page.isFirst) return streams
    streams.push({serial: page.serial, codec: codecOf(page.body)})
    at += page.bytes
  }
}

/** By the first packet of a logical stream. */
export function codecOf(packet: Uint8Array): OggCodec | undefined {
  const start = String.fromCharCode(...packet.subarray(0, 8))
  if (start === 'OpusHead') return 'opus'
  if (start.startsWith('\x01vorbis')) return 'vorbis'
  if (start.startsWith('\x7fFLAC')) return 'flac'
  return undefined
}
