import type {AudioFormat} from '../audio/audio-event.js'
import {readAudio} from '../audio/read-audio.js'
import {SAMPLE_RATE_HZ} from '../audio/source.js'

/**
 * Seconds of a recording: what its header declares, and where the format has no such field (Ogg, some mp3 files), what
 * decoding it gives.
 * @throws {LinguluError} what `readAudio` throws
 */
export async function readDurationSeconds(path: string, signal?: AbortSignal): Promise<number> {
  let samples = 0
  let format: AudioFormat | undefined
  for await (const event of readAudio({type: 'file', path}, {channel: 'mix', signal})) {
    if (event.type === 'samples') samples += event.channels[0]?.length ?? 0
    if (event.type !== 'format') continue
    format = event
    if (format.declaredSeconds !== undefined && format.declaredSeconds > 0) return format.declaredSeconds
  }
  return samples / SAMPLE_RATE_HZ
}
