import type {AugmentationConfig} from '../../augmentation/augmentation-config.js'
import type {ErrorRecord} from '../../errors.js'
import type {FeatureSettings} from '../tasks/training-task.js'
import type {Recording} from './training-set.js'

/** Where the samples of a recording are: in the spool, or in its own file. */
export type SoundPlace =
  | {readonly kind: 'spool'; readonly start: number; readonly samples: number}
  | {readonly kind: 'file'; readonly recording: Recording}

/** Parts of one recording, which is decoded once for all of them. */
export interface RecordingParts extends Pick<Recording, 'audio' | 'channel'> {
  readonly clips: readonly Recording['clip'][]
}

/** 16-bit samples, or why there are none. */
export type DecodedPart = Int16Array | string

/** One row of a batch: recordings that are strung together. */
export interface FeatureRow {
  readonly parts: readonly SoundPlace[]
  /** Silence between them, least and most. */
  readonly gapSeconds: readonly [number, number]
  /** What its chance depends on, beside the seed. */
  readonly key: string
}

export interface FeatureThreadData {
  /** Path of the spool: 16-bit samples, little-endian, 16 kHz. */
  readonly spool: string | undefined
  readonly augmentation: AugmentationConfig
  readonly trimSilence: boolean
  readonly seed: number
}

export type ToFeatureThread =
  | ({readonly type: 'decode'; readonly id: number} & RecordingParts)
  | {
      readonly type: 'features'
      readonly id: number
      readonly rows: readonly FeatureRow[]
      readonly settings: FeatureSettings
      readonly augment: boolean
    }

export type FromFeatureThread =
  | {readonly type: 'decoded'; readonly id: number; readonly parts: readonly DecodedPart[]}
  | {
      readonly type: 'features'
      readonly id: number
      readonly features: Float32Array
      readonly shape: readonly [rows: number, frames: number, width: number]
      readonly lengths: readonly number[]
    }
  | {readonly type: 'failed'; readonly id: number; readonly error: ErrorRecord}
