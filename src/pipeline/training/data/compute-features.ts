import {recordingFeatures} from '../../features/recording-features.js'
import type {FeatureSpec} from '../../models/recognizer.js'
import {filterBankOptions} from '../filter-bank.js'
import type {FeatureSettings} from '../tasks/training-task.js'

/** Features of one row, and how many of its frames are of the recording. */
export interface RowFeatures {
  /** [frames, width]; Whisper's go on with the silence that follows every recording. */
  readonly values: Float32Array
  readonly length: number
  readonly width: number
}

const SAMPLES_PER_FRAME = 160

/** Exactly what the recognizers compute of a recording. */
export function computeFeatures(samples: Float32Array, settings: FeatureSettings): RowFeatures {
  const {values, width} = recordingFeatures(samples, specOf(settings))
  const all = values.length / width
  const length = settings.kind === 'whisper' ? Math.min(all, Math.ceil(samples.length / SAMPLES_PER_FRAME)) : all
  return {values, length, width}
}

function specOf(settings: FeatureSettings): FeatureSpec {
  switch (settings.kind) {
    case 'filter-bank':
      return {kind: 'filter-bank', options: filterBankOptions(settings)}
    case 'whisper':
      return {kind: 'whisper-log-mel', mels: settings.mels}
    case 'samples':
      return {kind: 'waveform', normalize: true}
  }
}

/** Rows of different length as one tensor [rows, frames, width]. Frames are a multiple of `multiple`. */
export function stackRows(
  rows: readonly RowFeatures[],
  multiple: number,
): {readonly features: Float32Array; readonly shape: readonly [number, number, number]; readonly lengths: number[]} {
  const width = rows[0]?.width ?? 0
  const longest = Math.max(...rows.map(({length}) => length))
  const frames = Math.ceil(longest / multiple) * multiple
  const features = new Float32Array(rows.length * frames * width)
  for (const [row, {values}] of rows.entries())
    features.set(values.subarray(0, Math.min(values.length, frames * width)), row * frames * width)
  return {features, shape: [rows.length, frames, width], lengths: rows.map(({length}) => length)}
}
