import type {AudioFormat, AudioWarning} from '../audio/audio-event.js'
import type {NormalizeMode} from '../audio/normalize-level.js'
import type {ChannelChoice} from '../audio/source.js'
import type {VadOptions} from '../audio/vad/options.js'
import type {SpeechRegion} from '../audio/vad/speech-regions.js'
import {discardFrameStore, type FrameStoreDescriptor} from '../features/frame-store.js'
import type {Clip} from '../inputs/input.js'
import type {FeatureSpec} from '../models/recognizer.js'
import type {JobAudio} from './protocol.js'

/** What the user wants done to the sound before a model hears it, in this order. */
export interface PrepareOptions {
  readonly channel: ChannelChoice
  /** Only this part of the recording; times then count from its start. */
  readonly clip?: Clip | undefined
  readonly normalize?: NormalizeMode | 'none' | undefined
  /** Leaves out silence at the start and the end. */
  readonly trimSilence?: boolean | undefined
  /** Leaves out everything but speech; what is not given has the defaults of `VadOptions`. */
  readonly vad?: Partial<VadOptions> | undefined
}

export interface PrepareRequest {
  readonly audio: JobAudio
  readonly options: PrepareOptions
  readonly features: FeatureSpec
  readonly spoolDirectory: string
  /** Of one channel's features. */
  readonly memoryLimitBytes: number
}

/** A recording as the audio thread hands it over: plain data. */
export interface PreparedAudio {
  readonly format: AudioFormat
  readonly warnings: readonly AudioWarning[]
  readonly channels: readonly PreparedChannel[]
  readonly decodeSeconds: number
  readonly featureSeconds: number
}

export interface PreparedChannel {
  /** `left` | `right` | `0`, `1`, … where channels are split. */
  readonly channel: string | undefined
  readonly durationSeconds: number
  /** Seconds that the features stand for. */
  readonly speechSeconds: number
  /** What of the recording that is; undefined where nothing has been left out. */
  readonly regions: readonly SpeechRegion[] | undefined
  readonly features: FrameStoreDescriptor
}

/** Deletes what a prepared recording holds on disk. */
export function discardPrepared({channels}: PreparedAudio): void {
  for (const {features} of channels) discardFrameStore(features)
}

/** What moves with it to another thread instead of being copied. */
export function transferables({channels}: PreparedAudio): ArrayBuffer[] {
  return channels.flatMap(({features}) => (features.kind === 'memory' ? features.segments : []))
}
