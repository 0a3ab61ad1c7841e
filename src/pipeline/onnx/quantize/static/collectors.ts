import {LinguluError} from '../../../errors.js'
import {entropyRange} from './entropy.js'
import {MagnitudeHistogram} from './magnitude-histogram.js'
import {percentileRange} from './percentile.js'
import {type Range, type Ranges, rangeOf, union} from './range.js'
import {ValueHistogram} from './value-histogram.js'

export const CALIBRATION_METHODS = ['minmax', 'percentile', 'entropy'] as const

/** How the range of a tensor comes from the values that it takes. */
export type Calibration =
  | {
      /** From the least to the greatest value. */
      readonly method: 'minmax'
      /** Each batch moves the ends by so much of the way to its own, from those of the first; 0.01 in Python. Default: no average. */
      readonly averaging?: number | undefined
      /** As far on both sides of zero. Default false. */
      readonly symmetric?: boolean | undefined
    }
  | {
      /** Without the rarest values. */
      readonly method: 'percentile'
      /** Of the values that are kept, 0 to 100. Default 99.999. */
      readonly percentile?: number | undefined
      /** Default 2048. */
      readonly bins?: number | undefined
      /** As far on both sides of zero. Default true. */
      readonly symmetric?: boolean | undefined
    }
  | {
      /** What keeps the distribution of the values best. */
      readonly method: 'entropy'
      /** Default 2048. With 128, Python's default, it is always the range from the least to the greatest value. */
      readonly bins?: number | undefined
      /** Default 128. */
      readonly quantizedBins?: number | undefined
    }

/** Learns the range of one tensor, batch by batch. The order of batches matters to all but plain `minmax`. */
export interface RangeCollector {
  /** @throws RangeError for a value that is not finite */
  add(values: Float32Array): void
  /** Undefined before there were any values. */
  range(): Range | undefined
}

const MOST_BINS = {percentile: 1 << 20, entropy: 1 << 14} as const

/**
 * Number for number what the calibrators of onnxruntime.quantization give that collect one sample at a time
 * (`CalibStridedMinMax` 1). Arrays without elements are left out.
 */
export function createCollector(calibration: Calibration): RangeCollector {
  if (calibration.method === 'minmax') return new MinMaxCollector(calibration)
  if (calibration.method === 'entropy') {
    const {bins = 2048, quantizedBins = 128} = calibration
    const values = new ValueHistogram(bins, Math.max(bins, MOST_BINS.entropy))
    return {
      add: batch => values.add(batch),
      range: () => values.seen && entropyRange(values.histogram, {quantizedBins, seen: values.seen}),
    }
  }
  const {percentile = 99.999, bins = 2048, symmetric = true} = calibration
  const Values = symmetric ? MagnitudeHistogram : ValueHistogram
  const values = new Values(bins, Math.max(bins, MOST_BINS.percentile))
  return {
    add: batch => values.add(batch),
    range: () =>
      values.seen && percentileRange(values.histogram, {percentile, isOfMagnitudes: symmetric, seen: values.seen}),
  }
}

/** The least and the greatest value, or their moving averages. */
export class MinMaxCollector implements RangeCollector {
  #range: Range | undefined

  constructor(readonly options: {readonly averaging?: number | undefined; readonly symmetric?: boolean | undefined}) {}

  add(values: Float32Array): void {
    const range = rangeOf(values)
    if (range !== undefined) this.addRange(range)
  }

  /** For a batch of which only the ends are known. */
  addRange(batch: Range): void {
    const range = this.options.symmetric === true ? symmetrical(batch) : batch
    const {averaging} = this.options
    if (this.#range === undefined) this.#range = range
    else if (averaging === undefined) this.#range = union(this.#range, range)
    else {
      const {lowest, highest} = this.#range
      this.#range = {
        lowest: towards(lowest, range.lowest, averaging),
        highest: towards(highest, range.highest, averaging),
      }
    }
  }

  range(): Range | undefined {
    return this.#range
  }
}

function symmetrical({lowest, highest}: Range): Range {
  const greatest = Math.max(Math.abs(lowest), Math.abs(highest))
  return {lowest: -greatest, highest: greatest}
}

const towards = (old: number, next: number, part: number): number =>
  Math.fround(old + Math.fround(Math.fround(part) * Math.fround(next - old)))

/** Learns the ranges of many tensors. */
export class RangeCollectors {
  readonly #collectors: ReadonlyMap<string, RangeCollector>

  constructor(tensors: Iterable<string>, calibration: Calibration) {
    this.#collectors = new Map([...tensors].map(tensor => [tensor, createCollector(calibration)]))
  }

  /** @throws LinguluError MODEL_INVALID for values that are not finite, and for a tensor that is not of these */
  add(tensor: string, values: Float32Array, sample: string): void {
    const collector = this.#collectors.get(tensor)
    if (collector === undefined) throw new RangeError(`${tensor} is not among the tensors to be calibrated`)
    try {
      collector.add(values)
    } catch (cause) {
      if (cause instanceof RangeError) throw notFinite(tensor, sample, cause)
      throw cause
    }
  }

  /** @throws LinguluError CONFIG_INVALID for a tensor that had no values */
  ranges(): Ranges {
    return new Map([...this.#collectors].map(([tensor, collector]) => [tensor, collector.range() ?? neverSeen(tensor)]))
  }
}

/** The error for a tensor whose range has no end. */
export const notFinite = (tensor: string, sample: string, cause: RangeError): LinguluError =>
  new LinguluError(
    'MODEL_INVALID',
    `Tensor ${JSON.stringify(tensor)} cannot be calibrated: with sample ${JSON.stringify(sample)} ${cause.message}.`,
    {cause, hint: 'Check the recordings, and leave out nodes that read masks of infinity.'},
  )

export function neverSeen(tensor: string): never {
  throw new LinguluError('CONFIG_INVALID', `No calibration sample gave tensor ${JSON.stringify(tensor)} any values.`, {
    hint: 'Give more samples, longer ones too.',
  })
}
