/* What the main process and an inference worker say to each other. All of it is plain data. */

import type {AudioFormat, AudioWarning} from '../audio/audio-event.js'
import type {RawLayout} from '../audio/source.js'
import type {ErrorRecord} from '../errors.js'
import type {ModelFolder} from '../models/model-folder.js'
import type {ModelInfo, RecognitionEvent, StageTimings} from '../models/recognizer.js'
import type {Transcript} from '../transcripts/transcript.js'
import type {PrepareOptions} from './prepared-audio.js'
import type {SessionOptions} from './session.js'

/** Audio that can cross into another process. */
export type JobAudio =
  | {readonly type: 'file'; readonly path: string}
  | {readonly type: 'raw-file'; readonly path: string; readonly layout: RawLayout}
  /** Already 16 kHz mono. */
  | {readonly type: 'samples'; readonly samples: Float32Array; readonly name: string}

export interface JobInput {
  readonly audio: JobAudio
  readonly prepare: PrepareOptions
  /** The model family's options (`models/whisper/options.ts`, `models/ctc/options.ts`). */
  readonly options: unknown
}

/** A channel of a recording, before anything is recognised. */
export interface ChannelInfo {
  /** `left` | `right` | `0`, `1`, … where channels are split. */
  readonly channel: string | undefined
  readonly durationSeconds: number
  /** What is left of it after trimming and voice detection. */
  readonly speechSeconds: number
}

/** Wall-clock seconds of one job by stage. */
export interface JobTimings extends StageTimings {
  /** Reading, decoding and resampling the audio. */
  readonly decodeSeconds: number
  readonly featureSeconds: number
  /** Waiting for the audio thread and for a free slot. */
  readonly queueSeconds: number
}

export type JobEvent =
  | {
      readonly type: 'audio'
      readonly format: AudioFormat
      readonly channels: readonly ChannelInfo[]
      readonly warnings: readonly AudioWarning[]
    }
  /** A slot is free and recognition begins. */
  | {readonly type: 'started'}
  | {
      readonly type: 'recognition'
      readonly channel: string | undefined
      readonly event: Exclude<RecognitionEvent, {readonly type: 'done'}>
    }
  /** The worker died; the job starts again, and what its events have said so far is void. */
  | {readonly type: 'retry'; readonly reason: string}
  | {readonly type: 'done'; readonly transcripts: readonly Transcript[]; readonly timings: JobTimings}
  | {readonly type: 'failed'; readonly error: ErrorRecord}

export interface WorkerSettings {
  /** URL of the module that exports `openRecognizer(folder, session)`. */
  readonly factory: string
  readonly folder: ModelFolder
  readonly session: SessionOptions
  /** Recordings that are recognised at once. */
  readonly slots: number
  /** Threads that decode audio and compute features. */
  readonly audioThreads: number
  /** An audio thread without progress for this long is given up. */
  readonly audioStallSeconds: number
  /** Features of one recording beyond this go to a file. */
  readonly memoryLimitBytes: number
}

export type ToWorker =
  | {readonly type: 'load'; readonly settings: WorkerSettings; readonly spoolDirectory: string}
  | {readonly type: 'run'; readonly job: number; readonly input: JobInput}
  | {readonly type: 'cancel'; readonly job: number}

export type FromWorker =
  | {readonly type: 'ready'; readonly info: ModelInfo}
  | {readonly type: 'load-failed'; readonly error: ErrorRecord}
  | {readonly type: 'event'; readonly job: number; readonly event: JobEvent}
  /** The job is over, cancelled or not, and its slot is free. */
  | {readonly type: 'finished'; readonly job: number; readonly rssBytes: number}
