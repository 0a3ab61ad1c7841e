import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {FilterBankOptions, NormalizationPrior} from '../models/recognizer.js'

/** What models of lingulu's own hear, with what is known of their features before a recording is heard, if anything is. */
export const filterBankOptions = (mels: number, prior?: NormalizationPrior): FilterBankOptions => ({
  mels,
  fftSize: 512,
  windowSamples: 400,
  hopSamples: 160,
  preemphasis: 0.97,
  normalize: 'per-feature',
  prior,
})

/** The same as `preprocessor_config.json` has it. */
export function filterBankPreprocessor(mels: number, prior?: NormalizationPrior): object {
  const {fftSize, windowSamples, hopSamples, preemphasis, normalize} = filterBankOptions(mels)
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
