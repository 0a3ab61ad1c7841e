import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join, resolve} from 'node:path'
import {z} from 'zod'
import {readWave} from '../waves.js'
import {runJob, type Transcription} from './job.js'

/** As much of sherpa-onnx-node as is used here; the package has no types of its own. */
interface Recognizer {
  createStream(): {acceptWaveform(wave: {samples: Float32Array; sampleRate: number}): void}
  decode(stream: unknown): void
  getResult(stream: unknown): unknown
}
interface Sherpa {
  readonly version?: string
  readonly OfflineRecognizer: new (config: object) => Recognizer
}
const Result = z.object({text: z.string(), tokens: z.array(z.string())})

await runJob(async ({model, threads, place}) => {
  // A package outside this project is found from its own place.
  const require = createRequire(place === undefined ? import.meta.url : join(resolve(place), 'package.json'))
  const sherpa = require('sherpa-onnx-node') as Sherpa
  const {version}: {version: string} = JSON.parse(
    readFileSync(require.resolve('sherpa-onnx-node/package.json'), 'utf8'),
  )
  const recognizer = new sherpa.OfflineRecognizer({
    featConfig: {sampleRate: 16_000, featureDim: 80},
    modelConfig: {
      whisper: {
        encoder: join(model, 'encoder.onnx'),
        decoder: join(model, 'decoder.onnx'),
        language: 'en',
        task: 'transcribe',
        // Up to 30 s, as all others do.
        tailPaddings: 3000,
      },
      tokens: join(model, 'tokens.txt'),
      numThreads: threads,
      provider: 'cpu',
    },
  })
  return {
    version,
    // Whisper is decoded one stream after the other there.
    async transcribe(files) {
      return files.map((file): Transcription => {
        const stream = recognizer.createStream()
        stream.acceptWaveform({samples: readWave(readFileSync(file)), sampleRate: 16_000})
        recognizer.decode(stream)
        const {text, tokens} = Result.parse(recognizer.getResult(stream))
        return {text, tokens: tokens.length}
      })
    },
  }
})
