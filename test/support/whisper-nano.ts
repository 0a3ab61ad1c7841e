import {whisperLogMel} from '../../src/pipeline/features/log-mel.js'
import {readModelFolder} from '../../src/pipeline/models/read-model-folder.js'
import type {PreparedRecording, Recognizer} from '../../src/pipeline/models/recognizer.js'
import {WhisperOptions} from '../../src/pipeline/models/whisper/options.js'
import {openWhisperRecognizer} from '../../src/pipeline/models/whisper/recognizer.js'
import {openSession} from '../../src/pipeline/runtime/open-session.js'
import type {Transcript} from '../../src/pipeline/transcripts/transcript.js'
import {sharedData} from './shared-data.js'

const MELS = 80

export async function openWhisperNano(batchSize = 1): Promise<Recognizer<WhisperOptions>> {
  const folder = await readModelFolder(sharedData('models/whisper-nano'))
  if (folder.kind !== 'whisper') throw new Error('whisper-nano is a Whisper model')
  const open = (path: string) => openSession(path, {provider: 'cpu', threads: 1})
  return openWhisperRecognizer(folder, open, {provider: 'cpu', batchSize})
}

/** Features in memory. */
export function prepare(samples: Float32Array): PreparedRecording {
  const mel = whisperLogMel(samples, MELS)
  const frames = mel.length / MELS
  return {
    durationSeconds: samples.length / 16_000,
    features: {
      frames,
      width: MELS,
      read(start, count) {
        const read = new Float32Array(count * MELS)
        read.set(mel.subarray(start * MELS, Math.min(frames, start + count) * MELS))
        return read
      },
      close: async () => {},
    },
  }
}

export async function transcribeSamples(
  recognizer: Recognizer<WhisperOptions>,
  samples: Float32Array,
  options: Partial<WhisperOptions>,
): Promise<Transcript> {
  const parsed = WhisperOptions.parse({temperatures: [0], beamSize: null, ...options})
  for await (const event of recognizer.recognize(prepare(samples), parsed, {}))
    if (event.type === 'done') return event.transcript
  throw new Error('recognize ends with done')
}
