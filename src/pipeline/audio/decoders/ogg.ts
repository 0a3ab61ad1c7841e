import {LinguluError} from '../../errors.js'
import {audioWarning, type DecoderEvent, inSeconds} from '../audio-event.js'
import type {DecoderInput} from './decoder.js'
import {createOggLink, type OggLink} from './ogg-link.js'
import {type OggPagesState, readOggPages} from './ogg-pages.js'
import {codecOf} from './ogg-streams.js'

/**
 * Ogg with Vorbis, Opus or FLAC. Of several streams side by side the first of these is decoded; streams one after the
 * other (a recorded radio programme) are decoded one after the other.
 */
export async function* decodeOgg({reader, name}: DecoderInput): AsyncGenerator<DecoderEvent> {
  const state: OggPagesState = {damagedPlaces: 0, isCut: false}
  const total: OggTotal = {links: 0, samples: 0, seconds: 0, damagedPackets: 0, hasEnd: false}
  let link: OggLink | undefined
  for await (const page of readOggPages(reader, state)) {
    const codec = page.isFirst ? codecOf(page.body) : undefined
    // Streams side by side begin together, before any sound.
    if (codec !== undefined && (link === undefined || link.hasSound)) {
      if (link) count(total, link)
      link = await createOggLink(codec, page.serial, name)
    }
    if (link !== undefined && page.serial === link.serial) yield* link.take(page)
  }
  if (link) count(total, link)
  yield* doubts(name, total, state)
}

interface OggTotal {
  links: number
  samples: number
  seconds: number
  damagedPackets: number
  /** The last stream ends with the page that is marked as its last. */
  hasEnd: boolean
}

function count(total: OggTotal, link: OggLink): void {
  total.links++
  total.samples += link.samples
  total.seconds += link.seconds
  total.damagedPackets += link.damagedPackets
  total.hasEnd = link.hasEnd
}

function* doubts(name: string, total: OggTotal, pages: OggPagesState): Generator<DecoderEvent> {
  const {links, samples, seconds, damagedPackets, hasEnd} = total
  const isDamaged = pages.damagedPlaces > 0 || damagedPackets > 0
  if (links === 0)
    throw new LinguluError('AUDIO_CORRUPT', `${name} is a damaged Ogg file: no stream that can be read begins in it`)
  if (samples === 0 && (isDamaged || pages.isCut || !hasEnd)) {
    throw new LinguluError('AUDIO_CORRUPT', `${name} is a damaged Ogg file: not one packet of sound can be read`)
  }
  if (samples === 0) throw new LinguluError('AUDIO_EMPTY', `${name} has an Ogg header but no sound`)
  if (isDamaged) {
    const places = pages.damagedPlaces + damagedPackets
    yield audioWarning('damaged', `${name} is damaged in ${places} place(s); there it is silent or shortened`)
  }
  if (pages.isCut || !hasEnd) {
    yield audioWarning(
      'truncated',
      `${name} ends after ${inSeconds(seconds)} without its end mark; it was probably cut off`,
    )
  }
}
