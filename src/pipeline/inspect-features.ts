import {loadAudio} from './audio/read-audio.js'
import {SAMPLE_RATE_HZ} from './audio/source.js'
import type {AppliedStep} from './augmentation/applied-step.js'
import {type AugmentationInput, parseAugmentation} from './augmentation/augmentation-config.js'
import {openAugmenter} from './augmentation/open-augmenter.js'
import {seededRandom} from './decoding/random.js'
import {createFeatureExtractor} from './features/feature-extractor.js'
import {applyTransform} from './features/frame-store.js'
import type {FeatureMatrix} from './features/inspect/feature-image.js'
import {featuresOf} from './features/inspect/feature-kind.js'
import {bandStatistics, featureStatistics, type ValueStatistics} from './features/inspect/feature-statistics.js'
import {WHISPER_HOP_SAMPLES} from './features/log-mel.js'
import type {FeatureSpec} from './models/recognizer.js'

export interface InspectFeaturesOptions {
  readonly audio: string
  /** `whisper`, `filter-bank`, or a model. */
  readonly kind: string
  readonly mels?: number | undefined
  /** Show what is left after this. */
  readonly augmentation?: AugmentationInput | undefined
  /** Of the augmentation. Default 1. */
  readonly seed?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface FeatureReport {
  readonly audio: string
  readonly kind: string
  readonly features: FeatureSpec
  /** Of the sound whose features these are. */
  readonly durationSeconds: number
  readonly frames: number
  /** Values of a frame. */
  readonly width: number
  readonly hopSeconds: number
  readonly values: ValueStatistics | null
  /** Of each mel band, the lowest first; empty for the waveform. */
  readonly bands: readonly ValueStatistics[]
  /** What was done to the sound before. */
  readonly augmentation: readonly AppliedStep[]
}

/**
 * What a model would be given of a recording, normalised; of Whisper's 30 seconds the part that the recording fills.
 *
 * @throws LinguluError what `loadAudio` throws; USAGE, MODEL_MISSING, MODEL_INVALID for the kind; CONFIG_INVALID,
 *   INPUT_MISSING for the augmentation
 */
export async function inspectFeatures(
  options: InspectFeaturesOptions,
): Promise<{readonly report: FeatureReport; readonly matrix: FeatureMatrix}> {
  const {audio, kind, mels, augmentation = {}, seed = 1, signal} = options
  const {name, spec} = await featuresOf(kind, mels)
  const {augmenter} = await openAugmenter(parseAugmentation(augmentation), signal)
  const {channels} = await loadAudio({type: 'file', path: audio}, {channel: 'mix', signal})
  const random = seededRandom(seed, 1, audio)
  const {samples, applied} = augmenter.augmentAudio(channels[0] ?? new Float32Array(0), random)
  const extractor = createFeatureExtractor(spec)
  const {width} = extractor
  const values = extractAll(extractor, samples)
  const hop = hopSamples(spec)
  const frames = Math.min(values.length / width, Math.ceil(samples.length / hop))
  const heard = augmenter.augmentFeatures(values.subarray(0, frames * width), width, random)
  const matrix = {values: heard, frames, width}
  const report = {
    audio,
    kind: name,
    features: spec,
    durationSeconds: samples.length / SAMPLE_RATE_HZ,
    frames,
    width,
    hopSeconds: hop / SAMPLE_RATE_HZ,
    values: featureStatistics(matrix),
    bands: spec.kind === 'waveform' ? [] : bandStatistics(matrix),
    augmentation: applied,
  }
  return {report, matrix}
}

function extractAll({push, finish, width}: ReturnType<typeof createFeatureExtractor>, samples: Float32Array) {
  const start = push(samples)
  const {frames: rest, transform} = finish()
  const values = new Float32Array(start.length + rest.length)
  values.set(start)
  values.set(rest, start.length)
  if (transform !== undefined) applyTransform(values, width, transform)
  return values
}

function hopSamples(spec: FeatureSpec): number {
  switch (spec.kind) {
    case 'whisper-log-mel':
      return WHISPER_HOP_SAMPLES
    case 'filter-bank':
      return spec.options.hopSamples
    case 'waveform':
      return 1
  }
}
