import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {LinguluError} from '../errors.js'
import type {FilterBankOptions, NormalizationPrior} from '../models/recognizer.js'
import {createRealFft} from './fft.js'
import type {FrameTransform} from './frame-store.js'
import {slaneyMelFilters} from './mel-filters.js'

/** Computes filter banks as the samples come. However they are cut into pieces, the result is the same to the bit. */
export interface FilterBank {
  /** Takes 16 kHz mono samples; returns the frames they complete, frames × mels, natural logarithm, not yet normalised. */
  push(samples: Float32Array): Float32Array
  /** The frames still missing, and what normalises all of them. Frames in all: ⌊samples / hop⌋. */
  finish(): {readonly frames: Float32Array; readonly transform: FrameTransform | undefined}
}

/** Added to every power before the logarithm (NeMo's log_zero_guard_value). */
const POWER_FLOOR = 2 ** -24
/** Added to every standard deviation, so that a constant column is not divided by zero. */
const DEVIATION_FLOOR = 1e-5

/**
 * Log-mel filter banks as NeMo's `AudioToMelSpectrogramPreprocessor` and Hugging Face's `ParakeetFeatureExtractor`
 * compute them, without dither: pre-emphasis, symmetric Hann windows centred on multiples of the hop with zeros beyond
 * both ends, power spectrum, Slaney mel filters, natural logarithm; mean 0 and deviation 1 (of n − 1) over the
 * recording, for each column or for all together, by the transform that `finish` gives. With a prior, that of the prior's
 * frames and the recording's together: maximum a posteriori, where a recording is too short to tell its own.
 *
 * @throws LinguluError MODEL_INVALID for sizes that cannot be
 */
export function createFilterBank(options: FilterBankOptions): FilterBank {
  const {mels, fftSize, windowSamples, hopSamples, preemphasis} = options
  checkSizes(options)
  const analyse = createFrameAnalyser(options)
  const statistics = createStatistics(mels)
  // torch.stft centres a short window in the FFT, rounding down.
  const lead = fftSize / 2 - Math.floor((fftSize - windowSamples) / 2)
  let received = 0
  let done = 0
  let previous = 0
  /** Emphasised samples from the start of the next frame on; the first frame begins with zeros. */
  let waiting: Float32Array = new Float32Array(lead)

  function analyseFrames(count: number): Float32Array {
    const frames = new Float32Array(count * mels)
    for (let frame = 0; frame < count; frame++) analyse(waiting, frame * hopSamples, frames, frame * mels)
    statistics.add(frames)
    waiting = waiting.slice(count * hopSamples)
    done += count
    return frames
  }

  return {
    push(samples) {
      const joined = new Float32Array(waiting.length + samples.length)
      joined.set(waiting)
      for (let n = 0; n < samples.length; n++) {
        const sample = samples[n] as number
        joined[waiting.length + n] = sample - preemphasis * previous
        previous = sample
      }
      waiting = joined
      received += samples.length
      // A window may reach beyond the samples that its frame number stands for, and the last frames fall away.
      const complete = Math.floor((waiting.length - windowSamples) / hopSamples) + 1
      return analyseFrames(Math.max(0, Math.min(complete, Math.floor(received / hopSamples) - done)))
    },
    finish() {
      const count = Math.floor(received / hopSamples) - done
      const padded = new Float32Array(Math.max(waiting.length, count * hopSamples + windowSamples))
      padded.set(waiting)
      waiting = padded
      return {frames: analyseFrames(count), transform: statistics.transform(options)}
    },
  }
}

function checkSizes({mels, fftSize, windowSamples, hopSamples}: FilterBankOptions): void {
  const rest = [2, 3, 5].reduce((left, factor) => {
    let remaining = left
    while (remaining > 0 && remaining % factor === 0) remaining /= factor
    return remaining
  }, fftSize)
  if (rest === 1 && fftSize % 2 === 0 && windowSamples >= 2 && windowSamples <= fftSize && hopSamples >= 1 && mels >= 1)
    return
  throw new LinguluError(
    'MODEL_INVALID',
    `Filter banks of ${mels} mels, FFT size ${fftSize}, window ${windowSamples}, hop ${hopSamples} cannot be computed`,
    {hint: 'The FFT size must be even, without prime factors above 5, and not less than the window.'},
  )
}

/** Writes the log-mel of the window at `offset`. */
type FrameAnalyser = (signal: Float32Array, offset: number, frames: Float32Array, at: number) => void

function createFrameAnalyser({mels, fftSize, windowSamples}: FilterBankOptions): FrameAnalyser {
  const fft = createRealFft(fftSize)
  const {firstBins, offsets, weights} = slaneyMelFilters({mels, fftSize, sampleRateHz: SAMPLE_RATE_HZ})
  const window = symmetricHann(windowSamples)
  const power = new Float64Array(fft.bins)
  return (signal, offset, frames, at) => {
    fft.power(signal, offset, window, power)
    for (let mel = 0; mel < mels; mel++) {
      const end = offsets[mel + 1] as number
      let bin = firstBins[mel] as number
      let sum = 0
      for (let i = offsets[mel] as number; i < end; i++, bin++) sum += (weights[i] as number) * (power[bin] as number)
      frames[at + mel] = Math.log(sum + POWER_FLOOR)
    }
  }
}

function symmetricHann(samples: number): Float64Array {
  return Float64Array.from({length: samples}, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (samples - 1)))
}

/** Sums over frames, column by column. */
function createStatistics(mels: number) {
  const sums = new Float64Array(mels)
  const squares = new Float64Array(mels)
  let count = 0
  return {
    add(frames: Float32Array): void {
      for (let i = 0; i < frames.length; i++) {
        const mel = i % mels
        const value = frames[i] as number
        sums[mel] = (sums[mel] as number) + value
        squares[mel] = (squares[mel] as number) + value * value
      }
      count += frames.length / mels
    },
    transform({normalize, prior}: FilterBankOptions): FrameTransform | undefined {
      if (normalize === 'none' || count === 0) return undefined
      if (normalize === 'all-features') return standardizing(total(sums), total(squares), count * mels)
      const before = prior === undefined ? () => NOTHING : priorSums(prior, total(sums) / count / mels)
      const columns = Array.from(sums, (sum, mel) => {
        const {sum: priorSum, squares: priorSquares, count: priorCount} = before(mel)
        return standardizing(sum + priorSum, (squares[mel] as number) + priorSquares, count + priorCount)
      })
      return {
        scale: Float64Array.from(columns, ({scale}) => scale),
        offset: Float64Array.from(columns, ({offset}) => offset),
      }
    },
  }
}

const NOTHING = {sum: 0, squares: 0, count: 0}

/** What a prior adds to the sums of a column, for a recording whose features have this mean: all its means move by as much. */
function priorSums({frames, mean, deviation}: NormalizationPrior, level: number) {
  const shift = level - mean.reduce((sum, value) => sum + value, 0) / mean.length
  return (mel: number) => {
    const shifted = (mean[mel] as number) + shift
    return {sum: frames * shifted, squares: frames * ((deviation[mel] as number) ** 2 + shifted ** 2), count: frames}
  }
}

function standardizing(sum: number, squares: number, count: number): {scale: number; offset: number} {
  const mean = sum / count
  const variance = count > 1 ? Math.max(0, squares - sum * mean) / (count - 1) : 0
  const scale = 1 / (Math.sqrt(variance) + DEVIATION_FLOOR)
  return {scale, offset: -mean * scale}
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
