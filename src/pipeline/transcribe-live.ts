import {readAudio} from './audio/read-audio.js'
import type {AudioSource} from './audio/source.js'
import {openVoiceDetector} from './audio/vad/open-voice-detector.js'
import {EndpointOptions, parseSpeechOptions, VadOptions} from './audio/vad/options.js'
import {fromErrorRecord} from './errors.js'
import {EXIT, exitCodeOf} from './exit-codes.js'
import {type LiveEvent, type LiveSegment, liveTranscribe} from './live/live-transcribe.js'
import {type DecodingInput, parseDecodingOptions} from './models/decoding-options.js'
import type {ModelInfo} from './models/recognizer.js'
import {findModelFolder, type Model, type OpenModelOptions, openModel} from './open-model.js'
import type {ProviderChoice} from './runtime/providers.js'

export interface TranscribeLiveOptions extends OpenModelOptions {
  readonly model?: string | undefined
  readonly decoding?: DecodingInput | undefined
  /** Which detector finds the speech. */
  readonly vad?: Partial<VadOptions> | undefined
  readonly endpoints?: Partial<EndpointOptions> | undefined
}

export type TranscribeLiveEvent =
  /** The model is open: the first event. */
  | {readonly type: 'model'; readonly info: ModelInfo; readonly provider: ProviderChoice}
  | {readonly type: 'warning'; readonly message: string}
  | LiveEvent

/**
 * Transcribes sound as it comes: provisional text while somebody speaks, segments when an utterance ends.
 *
 * @param source a stream; samples are taken as fast as they come
 * @throws LinguluError as `openModel` and `readAudio` do, CONFIG_INVALID; the signal's reason
 */
export async function* transcribeLive(
  source: AudioSource,
  options: TranscribeLiveOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<TranscribeLiveEvent> {
  const folder = await findModelFolder(options.model, {...options, signal})
  const waiting: TranscribeLiveEvent[] = []
  const warned = new Set<string>()
  const warn = (message: string) => {
    if (!warned.has(message)) waiting.push({type: 'warning', message})
    warned.add(message)
  }
  const {options: decoding} = parseDecodingOptions(folder, options.decoding ?? {})
  const vad = parseSpeechOptions(VadOptions, options.vad)
  const endpoints = parseSpeechOptions(EndpointOptions, options.endpoints)
  await using model = await openModel(folder, {...options, batchSize: 1, signal, onWarning: warn})
  const detector = await openVoiceDetector(vad)
  yield {type: 'model', info: model.info, provider: model.provider}
  const context = {model, decoding, warn, signal}
  const recognize = (samples: Float32Array) => recognizeSamples(samples, context)
  try {
    for await (const event of liveTranscribe(samplesOf(source, context), recognize, {detector, endpoints, signal})) {
      yield* waiting.splice(0)
      yield event
    }
    yield* waiting.splice(0)
  } finally {
    await detector.close()
  }
}

interface Context {
  readonly model: Model
  readonly decoding: DecodingInput
  readonly warn: (message: string) => void
  readonly signal: AbortSignal | undefined
}

/** An utterance that fails is lost; the stream goes on. What would befall every utterance is thrown. */
async function recognizeSamples(
  samples: Float32Array,
  {model, decoding, warn, signal}: Context,
): Promise<readonly LiveSegment[]> {
  const audio = {type: 'samples', samples, name: 'An utterance'} as const
  for await (const event of model.run({audio, options: decoding}, signal)) {
    if (event.type === 'done') return event.transcripts.flatMap(({segments}) => segments)
    if (event.type === 'recognition' && event.event.type === 'warning') warn(event.event.message)
    if (event.type !== 'failed') continue
    const error = fromErrorRecord(event.error)
    if (exitCodeOf(error) !== EXIT.someFailed) throw error
    warn(error.message)
    return []
  }
  throw new Error('A job ends with done or failed.')
}

async function* samplesOf(source: AudioSource, {warn, signal}: Context): AsyncGenerator<Float32Array> {
  for await (const event of readAudio(source, {channel: 'mix', signal})) {
    if (event.type === 'warning') warn(event.message)
    const [samples] = event.type === 'samples' ? event.channels : []
    if (samples !== undefined) yield samples
  }
}
