import {audioWarning, type DecoderEvent} from '../audio-event.js'
import type {RawLayout} from '../source.js'
import type {DecoderInput} from './decoder.js'
import {BYTES_PER_SAMPLE, decodePcm} from './pcm-samples.js'

/** Headerless PCM. Every chunk that arrives is passed on at once, so that live input is not held back. */
export async function* decodeRawPcm({reader, name}: DecoderInput, layout: RawLayout): AsyncGenerator<DecoderEvent> {
  const {format, rateHz, channels} = layout
  yield {type: 'format', container: 'raw', codec: format, sampleRateHz: rateHz, channels}
  const frameBytes = BYTES_PER_SAMPLE[format] * channels
  while (await reader.fill(frameBytes)) {
    const bytes = reader.take(reader.available - (reader.available % frameBytes))
    yield {type: 'pcm', channels: decodePcm(format, bytes, channels)}
  }
  if (reader.available > 0) {
    yield audioWarning(
      'truncated',
      `${name} ends in the middle of a sample; the last ${reader.available} bytes are left out`,
    )
  }
}
