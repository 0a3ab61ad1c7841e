import type {RawLayout} from './audio/source.js'
import {languageOf} from './check-options.js'
import {fromErrorRecord} from './errors.js'
import type {TranscribeEvent} from './events.js'
import type {InputItem} from './inputs/input.js'
import type {DecodingOptions} from './models/decoding-options.js'
import type {Model} from './open-model.js'
import type {PrepareOptions} from './runtime/prepared-audio.js'
import type {JobTimings} from './runtime/protocol.js'
import type {Transcript} from './transcripts/transcript.js'

/** What happens to one recording while it is recognised. */
export type RecognizeEvent = Extract<
  TranscribeEvent,
  {type: 'audio' | 'language' | 'segment' | 'progress' | 'warning' | 'retry'}
>

/** One recording, and what holds for it alone. */
export interface RecognizeJob {
  /** For messages. */
  readonly name: string
  readonly path: string
  /** It is headerless PCM. */
  readonly raw?: RawLayout | undefined
  readonly decoding: DecodingOptions['options']
  readonly prepare: PrepareOptions
}

export interface Recognized {
  /** One per channel. */
  readonly transcripts: readonly Transcript[]
  readonly timings: JobTimings
  /** Wall-clock seconds from the start of decoding the audio to the text, without waiting for other recordings. */
  readonly latencySeconds: number
  readonly warnings: string[]
}

/** The decoding of one input: a manifest may name the language of each recording. */
export function decodingOf({kind, options}: DecodingOptions, item: InputItem): DecodingOptions['options'] {
  const language = languageOf(item)
  return kind === 'whisper' && language !== undefined ? {...options, language} : options
}

/** The preparation of one input: a manifest may name the channel, and a part of the recording. */
export const prepareOf = (prepare: PrepareOptions, {channel, clip}: InputItem): PrepareOptions => ({
  ...prepare,
  ...(channel && {channel}),
  ...(clip && {clip}),
})

/**
 * Recognises one recording and tells how it goes on. A worker that dies is replaced, and the recording begins anew.
 *
 * @throws what is wrong with the recording or with the options, as a LinguluError; the signal's reason
 */
export async function recognizeInput(
  model: Model,
  {name, path, raw, decoding, prepare}: RecognizeJob,
  {emit, signal}: {readonly emit: (event: RecognizeEvent) => void; readonly signal: AbortSignal},
): Promise<Recognized> {
  const warnings: string[] = []
  const warn = (text: string) => {
    const message = text.replaceAll(path, name)
    warnings.push(message)
    emit({type: 'warning', name, message})
  }
  let recognitionStarted = performance.now()
  const audio = raw ? ({type: 'raw-file', path, layout: raw} as const) : ({type: 'file', path} as const)
  for await (const event of model.run({audio, prepare, options: decoding}, signal)) {
    if (event.type === 'audio') {
      const durations = event.channels.map(({durationSeconds}) => durationSeconds)
      emit({type: 'audio', name, durationSeconds: Math.max(0, ...durations)})
      for (const {message} of event.warnings) warn(message)
    } else if (event.type === 'started') recognitionStarted = performance.now()
    else if (event.type === 'recognition') {
      const {channel} = event
      if (event.event.type === 'warning') warn(event.event.message)
      else if (event.event.type === 'language') emit({name, ...event.event})
      else emit({name, channel, ...event.event})
    } else if (event.type === 'retry') {
      warnings.length = 0
      emit({type: 'retry', name, reason: event.reason})
    } else if (event.type === 'done') {
      const {transcripts, timings} = event
      const recognitionSeconds = (performance.now() - recognitionStarted) / 1000
      const latencySeconds = timings.decodeSeconds + timings.featureSeconds + recognitionSeconds
      return {transcripts, timings, latencySeconds, warnings}
    } else if (event.type === 'failed') throw fromErrorRecord(event.error)
  }
  throw new Error('A job ends with done or failed.')
}
