import {createReadStream} from 'node:fs'
import type {AudioFormat, AudioWarning} from '../audio/audio-event.js'
import {readAudio} from '../audio/read-audio.js'
import {type AudioSource, SAMPLE_RATE_HZ} from '../audio/source.js'
import {openVoiceDetector} from '../audio/vad/open-voice-detector.js'
import {parseSpeechOptions, VadOptions} from '../audio/vad/options.js'
import {createSpeechGate, type SpeechGate} from '../audio/vad/speech-gate.js'
import type {VoiceDetector} from '../audio/vad/voice-detector.js'
import {LinguluError} from '../errors.js'
import {createFeatureExtractor} from '../features/feature-extractor.js'
import {FrameStoreWriter} from '../features/frame-store-writer.js'
import {type ChannelSink, createChannelSink} from './channel-features.js'
import {createClipper} from './clip-samples.js'
import {createLevelSink} from './level-sink.js'
import type {PreparedAudio, PreparedChannel, PrepareOptions, PrepareRequest} from './prepared-audio.js'
import type {JobAudio} from './protocol.js'

export interface PrepareContext {
  readonly signal?: AbortSignal | undefined
  /** Called whenever something has been read: silence means that reading hangs. */
  readonly onProgress?: (() => void) | undefined
}

/** Reads recordings and computes their features, streaming. Voice detectors stay open from one recording to the next. */
export class RecordingPreparer {
  readonly #detectors = new Map<string | undefined, VoiceDetector[]>()

  /**
   * @throws LinguluError what `readAudio` throws, OUTPUT_FAILED when there is no room for spooling, CONFIG_INVALID for
   * impossible VAD options, what opening a voice detector throws; the signal's reason.
   */
  async prepare(request: PrepareRequest, context: PrepareContext = {}): Promise<PreparedAudio> {
    const sinks: ChannelSink[] = []
    const borrowed: VoiceDetector[] = []
    const vad = request.options.vad && parseSpeechOptions(VadOptions, request.options.vad)
    const addSink = async () => {
      const detector = vad && (await this.#borrow(vad.model))
      if (detector !== undefined) borrowed.push(detector)
      const gate = vad && detector && createSpeechGate(detector, vad)
      sinks.push(createSink(request, gate, context.onProgress))
    }
    try {
      return await readInto(sinks, addSink, request, context)
    } catch (error) {
      for (const sink of sinks) sink.discard()
      throw error
    } finally {
      this.#detectors.get(vad?.model)?.push(...borrowed)
    }
  }

  async #borrow(model: string | undefined): Promise<VoiceDetector> {
    const idle = this.#detectors.get(model) ?? []
    this.#detectors.set(model, idle)
    return idle.pop() ?? (await openVoiceDetector({model}))
  }
}

function createSink(
  {features, memoryLimitBytes, spoolDirectory, options}: PrepareRequest,
  gate: SpeechGate | undefined,
  onProgress: (() => void) | undefined,
): ChannelSink {
  const extractor = createFeatureExtractor(features)
  const createWriter = (width: number) => new FrameStoreWriter({width, memoryLimitBytes, directory: spoolDirectory})
  const sink = createChannelSink(extractor, createWriter(extractor.width), gate)
  const {normalize = 'none', trimSilence = false} = options
  if (normalize === 'none' && !trimSilence) return sink
  const mode = normalize === 'none' ? undefined : normalize
  return createLevelSink(sink, createWriter(1), {normalize: mode, trimSilence, onProgress})
}

async function readInto(
  sinks: ChannelSink[],
  addSink: () => Promise<void>,
  request: PrepareRequest,
  {signal, onProgress}: PrepareContext,
): Promise<PreparedAudio> {
  const {audio, options} = request
  const watch = createStopwatch()
  const warnings: AudioWarning[] = []
  const clipper = createClipper(options.clip)
  let format: AudioFormat | undefined
  for await (const event of readAudio(toSource(audio), {channel: options.channel, signal})) {
    onProgress?.()
    if (event.type === 'format') format ??= event
    else if (event.type === 'warning') warnings.push(event)
    else {
      while (sinks.length < event.channels.length) await addSink()
      const clipped = clipper.take(event.channels)
      await watch.measure(() => Promise.all(clipped.map((samples, index) => sinks[index]?.push(samples))))
      if (clipper.ended) break
    }
  }
  if (format === undefined) throw new Error('readAudio gave no format')
  const {samples} = clipper
  if (samples === 0) throw new LinguluError('AUDIO_EMPTY', `${nameOf(audio)} ends before the part that is asked for.`)
  const finished = await watch.measure(() => Promise.all(sinks.map(sink => sink.finish())))
  const channels = finished.map(({speechSamples, regions, features}, index): PreparedChannel => {
    const [durationSeconds, speechSeconds] = [samples / SAMPLE_RATE_HZ, speechSamples / SAMPLE_RATE_HZ]
    return {channel: channelName(options, index, sinks.length), durationSeconds, speechSeconds, regions, features}
  })
  return {format, warnings, channels, ...watch.seconds()}
}

function channelName({channel}: PrepareOptions, index: number, count: number): string | undefined {
  if (channel !== 'split' || count === 1) return undefined
  return count === 2 ? ['left', 'right'][index] : String(index)
}

function toSource(audio: JobAudio): AudioSource {
  if (audio.type !== 'raw-file') return audio
  return {type: 'raw', stream: createReadStream(audio.path), name: audio.path, layout: audio.layout}
}

function nameOf(audio: JobAudio): string {
  return audio.type === 'samples' ? audio.name : audio.path
}

/** Splits the time of one pass over the audio into reading and computing. */
function createStopwatch() {
  const started = performance.now()
  let measured = 0
  return {
    async measure<T>(compute: () => Promise<T>): Promise<T> {
      const before = performance.now()
      const result = await compute()
      measured += performance.now() - before
      return result
    },
    seconds: () => ({
      decodeSeconds: (performance.now() - started - measured) / 1000,
      featureSeconds: measured / 1000,
    }),
  }
}
