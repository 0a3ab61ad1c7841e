/** Triangles over the bins of a power spectrum, kept without their zeros. */
export interface MelFilters {
  readonly mels: number
  readonly bins: number
  /** First bin of each triangle. */
  readonly firstBins: Int32Array
  /** Where each triangle's weights begin in `weights`; one more entry closes the last. */
  readonly offsets: Int32Array
  /** Float32 precision, as the references store them. */
  readonly weights: Float64Array
}

export interface MelScale {
  readonly mels: number
  readonly fftSize: number
  readonly sampleRateHz: number
}

/**
 * Slaney's mel filters with Slaney's area normalisation: `librosa.filters.mel(sr, n_fft, n_mels)`, which Whisper ships
 * as `mel_filters.npz`.
 */
export function slaneyMelFilters({mels, fftSize, sampleRateHz}: MelScale): MelFilters {
  const bins = fftSize / 2 + 1
  const edges = melEdges(mels, sampleRateHz / 2)
  const firstBins = new Int32Array(mels)
  const offsets = new Int32Array(mels + 1)
  const weights: number[] = []
  for (let mel = 0; mel < mels; mel++) {
    const [low = 0, peak = 0, high = 0] = edges.subarray(mel, mel + 3)
    // librosa rounds the triangle to float32 before it scales it to unit area.
    const triangle = (bin: number): number => {
      const hz = (bin * sampleRateHz) / fftSize
      const height = Math.max(0, Math.min((hz - low) / (peak - low), (high - hz) / (high - peak)))
      return Math.fround(Math.fround(height) * (2 / (high - low)))
    }
    let bin = 0
    while (bin < bins && triangle(bin) === 0) bin++
    firstBins[mel] = bin === bins ? 0 : bin
    for (; bin < bins && triangle(bin) > 0; bin++) weights.push(triangle(bin))
    offsets[mel + 1] = weights.length
  }
  return {mels, bins, firstBins, offsets, weights: Float64Array.from(weights)}
}

/** `mels` + 2 frequencies in Hz, equally spaced on Slaney's scale from 0 Hz. */
function melEdges(mels: number, highestHz: number): Float64Array {
  const top = hzToMel(highestHz)
  return Float64Array.from({length: mels + 2}, (_, i) => melToHz((top * i) / (mels + 1)))
}

// Slaney's scale: linear up to 1 kHz, then logarithmic.
const HZ_PER_MEL = 200 / 3
const BREAK_HZ = 1000
const BREAK_MEL = BREAK_HZ / HZ_PER_MEL
const LOG_STEP = Math.log(6.4) / 27

function hzToMel(hz: number): number {
  return hz < BREAK_HZ ? hz / HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP
}

function melToHz(mel: number): number {
  return mel < BREAK_MEL ? mel * HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL))
}
