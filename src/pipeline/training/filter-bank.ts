import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {FilterBankOptions, NormalizationPrior} from '../models/recognizer.js'

/** What may differ in what models of lingulu's own hear. */
export interface FilterBankSettings {
  readonly mels: number
  /** Samples at 16 kHz from one frame to the next. Default: 160. */
  readonly hopSamples?: number | undefined
  /** What is known of features before a recording is heard. Default: nothing. */
  readonly prior?: NormalizationPrior | undefined
}

export const USUAL_HOP_SAMPLES = 160

export const filterBankOptions = ({
  mels,
  hopSamples = USUAL_HOP_SAMPLES,
  prior,
}: FilterBankSettings): FilterBankOptions => ({
  mels,
  fftSize: 512,
  windowSamples: 400,
  hopSamples,
  preemphasis: 0.97,
  normalize: 'per-feature',
  prior,
})

/** The same as `preprocessor_config.json` has it. */
export function filterBankPreprocessor(settings: FilterBankSettings): object {
  const {mels, fftSize, windowSamples, hopSamples, preemphasis, normalize, prior} = filterBankOptions(settings)
  return {
    feature_extractor_type: 'LinguluFilterBank',
    sampling_rate: SAMPLE_RATE_HZ,
    feature_size: mels,
    n_fft: fftSize,
    win_length: windowSamples,
    hop_length: hopSamples,
    preemphasis,
    normalize,
    ...(prior === undefined ? {} : {normalize_prior: prior}),
  }
}
