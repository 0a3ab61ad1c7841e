import type {Segment, Transcript} from '../transcripts/transcript.js'

/** What the audio thread must compute before a model can listen. Plain data: it crosses threads. */
export type FeatureSpec =
  /** Whisper's log-mel, `mels` × frames at 100 frames per second, 30 s of zeros appended, normalised by the whole file's maximum. */
  | {readonly kind: 'whisper-log-mel'; readonly mels: number}
  /** The waveform itself, one value per frame at 16 kHz; zero mean and unit variance over the recording if `normalize`. */
  | {readonly kind: 'waveform'; readonly normalize: boolean}
  /** Log-mel filter banks for CTC models, as their preprocessor describes them. */
  | {readonly kind: 'filter-bank'; readonly options: FilterBankOptions}

/** A log-mel front end of a CTC model. Sizes in samples at 16 kHz. */
export interface FilterBankOptions {
  readonly mels: number
  readonly fftSize: number
  readonly windowSamples: number
  readonly hopSamples: number
  readonly preemphasis: number
  readonly normalize: 'none' | 'per-feature' | 'all-features'
  /** Of per-feature normalisation; without it short recordings are known by themselves only. */
  readonly prior?: NormalizationPrior | undefined
}

/** What is known of features before a recording is heard: it counts as so many frames of it. */
export interface NormalizationPrior {
  readonly frames: number
  /** Of each mel band, natural logarithm of power. All move together with the loudness of the recording. */
  readonly mean: readonly number[]
  /** Of each mel band; standard deviations. */
  readonly deviation: readonly number[]
}

/**
 * Features of one channel: random access by frame, in memory or spooled to disk, so that ten hours cost no more memory
 * than ten minutes. `read` gives `count × width` values, frame after frame (frame-major); frames before the beginning and
 * past the end are zeros.
 */
export interface FrameStore {
  readonly frames: number
  /** Values per frame: 1 for the waveform, `mels` for log-mel. */
  readonly width: number
  read(start: number, count: number): Float32Array
  close(): Promise<void>
}

/** One channel of one recording, ready to be recognised. */
export interface PreparedRecording {
  /** Seconds of audio that the features stand for (after trimming or VAD, before the padding). */
  readonly durationSeconds: number
  readonly features: FrameStore
}

export type RecognitionEvent =
  | {readonly type: 'language'; readonly language: string; readonly probability: number}
  | {readonly type: 'segment'; readonly segment: Segment}
  /** Everything before `seconds` is decoded. */
  | {readonly type: 'progress'; readonly seconds: number}
  | {readonly type: 'warning'; readonly message: string}
  | {readonly type: 'done'; readonly transcript: Transcript; readonly timings: StageTimings}

/** Wall-clock seconds by stage, summed over the windows; a batch's time is shared equally by its rows. */
export interface StageTimings {
  readonly encoderSeconds: number
  readonly decoderSeconds: number
  readonly alignmentSeconds: number
}

/** What a result must say about the model that made it. */
export interface ModelInfo {
  readonly kind: 'whisper' | 'ctc'
  readonly name: string
  /** SHA-256 over the files that were loaded. */
  readonly hash: string
  readonly precision: string
  readonly provider: string
  readonly features: FeatureSpec
}

/**
 * An opened model. `recognize` may be called again before an earlier call has ended: windows of all recordings under
 * way are decoded together. `Options` are the model family's (`models/whisper/options.ts`, `models/ctc/options.ts`).
 */
export interface Recognizer<Options> {
  readonly info: ModelInfo
  recognize(
    recording: PreparedRecording,
    options: Options,
    context: {readonly signal?: AbortSignal | undefined},
  ): AsyncGenerator<RecognitionEvent>
  close(): Promise<void>
}
