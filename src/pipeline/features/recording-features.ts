import type {FeatureSpec} from '../models/recognizer.js'
import {createFeatureExtractor} from './feature-extractor.js'
import {applyTransform} from './frame-store.js'

/** All that a model hears of a recording, at once. */
export interface RecordingFeatures {
  /** [frames, width] */
  readonly values: Float32Array
  readonly width: number
}

/** Exactly what the recognizers compute of a recording, for those that are short enough to be in memory. */
export function recordingFeatures(samples: Float32Array, spec: FeatureSpec): RecordingFeatures {
  const extractor = createFeatureExtractor(spec)
  const {width} = extractor
  const started = extractor.push(samples)
  const {frames, transform} = extractor.finish()
  const values = new Float32Array(started.length + frames.length)
  values.set(started)
  values.set(frames, started.length)
  if (transform !== undefined) applyTransform(values, width, transform)
  return {values, width}
}
