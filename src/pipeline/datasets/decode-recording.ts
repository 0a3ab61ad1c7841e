import {readAudio} from '../audio/read-audio.js'
import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {LinguluError} from '../errors.js'

/** What decoding all of a recording showed, or why it cannot be decoded. */
export type RecordingState = {readonly seconds: number; readonly warnings: readonly string[]} | LinguluError

/** @throws the signal's reason when aborted */
export async function decodeRecording(path: string, signal?: AbortSignal): Promise<RecordingState> {
  const warnings: string[] = []
  let samples = 0
  try {
    for await (const event of readAudio({type: 'file', path}, {channel: 'mix', signal})) {
      if (event.type === 'samples') samples += event.channels[0]?.length ?? 0
      else if (event.type === 'warning') warnings.push(event.message)
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof LinguluError) return error
    throw error
  }
  return {seconds: samples / SAMPLE_RATE_HZ, warnings}
}
