import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {FilterBankOptions} from '../models/recognizer.js'

/** What models of lingulu's own hear. */
export const filterBankOptions = (mels: number): FilterBankOptions => ({
  mels,
  fftSize: 512,
  windowSamples: 400,
  hopSamples: 160,
  preemphasis: 0.97,
  normalize: 'per-feature',
})

/** The same as `preprocessor_config.json` has it. */
export function filterBankPreprocessor(mels: number): object {
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
  }
}
