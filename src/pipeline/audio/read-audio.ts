import {LinguluError} from '../errors.js'
import {
  type AudioEvent,
  type AudioFormat,
  type AudioSamples,
  type AudioWarning,
  audioWarning,
  type DecoderEvent,
} from './audio-event.js'
import {decodeAudio} from './decode-audio.js'
import {chooseChannels} from './downmix.js'
import {createResampler, type Resampler} from './resample.js'
import {type AudioSource, type ChannelChoice, SAMPLE_RATE_HZ} from './source.js'

export interface ReadAudioOptions {
  readonly channel: ChannelChoice
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a recording of any format as 16 kHz samples, streaming: memory does not grow with its length.
 *
 * @throws LinguluError AUDIO_EMPTY if there is not one sample, and what `decodeAudio` throws; the signal's reason when aborted
 */
export async function* readAudio(source: AudioSource, {channel, signal}: ReadAudioOptions): AsyncGenerator<AudioEvent> {
  const name = nameOf(source)
  const convert = createConverter(name, channel)
  let samples = 0
  for await (const event of decodeAudio(source, signal)) {
    signal?.throwIfAborted()
    for (const converted of convert.take(event)) {
      if (converted.type === 'samples') samples += converted.channels[0]?.length ?? 0
      yield converted
    }
  }
  for (const converted of convert.finish()) {
    samples += converted.channels[0]?.length ?? 0
    yield converted
  }
  if (samples === 0) throw new LinguluError('AUDIO_EMPTY', `${name} has a header but no sound: 0 samples`)
}

/** A recording in memory. */
export interface LoadedAudio {
  /** One array, or one per channel with `split`; 16 kHz. */
  readonly channels: readonly Float32Array[]
  readonly format: AudioFormat
  readonly warnings: readonly AudioWarning[]
  readonly durationSeconds: number
}

/** Collects what {@link readAudio} gives. For recordings that fit in memory: an hour takes 230 MB. */
export async function loadAudio(source: AudioSource, options: ReadAudioOptions): Promise<LoadedAudio> {
  const pieces: AudioSamples[] = []
  const warnings: AudioWarning[] = []
  let format: AudioFormat | undefined
  for await (const event of readAudio(source, options)) {
    if (event.type === 'samples') pieces.push(event)
    else if (event.type === 'warning') warnings.push(event)
    else format ??= event
  }
  if (format === undefined) throw new Error('readAudio gave sound without a format')
  const channels = joined(pieces)
  return {channels, format, warnings, durationSeconds: (channels[0]?.length ?? 0) / SAMPLE_RATE_HZ}
}

function nameOf(source: AudioSource): string {
  return source.type === 'file' ? source.path : source.name
}

function joined(pieces: readonly AudioSamples[]): Float32Array[] {
  const length = pieces.reduce((sum, piece) => sum + (piece.channels[0]?.length ?? 0), 0)
  return (pieces[0]?.channels ?? []).map((_, index) => {
    const whole = new Float32Array(length)
    let at = 0
    for (const {channels} of pieces) {
      whole.set(channels[index] ?? [], at)
      at += channels[index]?.length ?? 0
    }
    return whole
  })
}

interface Converter {
  take(event: DecoderEvent): Generator<AudioEvent>
  finish(): Generator<AudioSamples>
}

/** Channel choice and resampling. The number of output channels is that of the first format for the whole recording. */
function createConverter(name: string, choice: ChannelChoice): Converter {
  let current: AudioFormat | undefined
  let resamplers: readonly Resampler[] = []
  const resampled = function* (convert: (resampler: Resampler, lane: number) => Float32Array): Generator<AudioSamples> {
    const channels = resamplers.map(convert)
    if ((channels[0]?.length ?? 0) > 0) yield {type: 'samples', channels}
  }
  const flush = () => resampled(resampler => resampler.flush())
  const changeFormat = function* (format: AudioFormat): Generator<AudioEvent> {
    const previous = current
    current = format
    if (previous === undefined) {
      yield format
      yield* channelDoubts(name, choice, format.channels)
    } else if (choice !== 'mix' && previous.channels !== format.channels) {
      const change = `${previous.channels} to ${format.channels}`
      yield audioWarning(
        'channels',
        `${name} changes from ${change} channels midway; --channel ${choice} cannot be kept exactly`,
      )
    }
    if (previous?.sampleRateHz === format.sampleRateHz) return
    yield* flush()
    const lanes = previous ? resamplers.length : choice === 'split' ? format.channels : 1
    resamplers = Array.from({length: lanes}, () => createResampler(format.sampleRateHz, SAMPLE_RATE_HZ))
  }
  return {
    *take(event) {
      if (event.type === 'warning') yield event
      else if (event.type === 'format') yield* changeFormat(event)
      else {
        const chosen = chooseChannels(event.channels, choice)
        yield* resampled((resampler, lane) =>
          resampler.push(chosen[lane] ?? chosen[chosen.length - 1] ?? new Float32Array(0)),
        )
      }
    },
    finish: flush,
  }
}

function* channelDoubts(name: string, choice: ChannelChoice, channels: number): Generator<AudioWarning> {
  if (channels === 1 && (choice === 'left' || choice === 'right')) {
    yield audioWarning('channels', `${name} is mono; --channel ${choice} takes its one channel`)
  } else if (channels === 1 && choice === 'split') {
    yield audioWarning('channels', `${name} is mono; --channel split gives one transcript`)
  }
}
