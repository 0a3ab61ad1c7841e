/**
 * Affine quantization of weights, value ≈ scale · (q − zeroPoint), number for number as Python ONNX Runtime's quantizer
 * has it (onnxruntime/python/tools/quantization/quant_utils.py, 1.30).
 */

export const INTEGER_TYPES = ['int8', 'uint8'] as const
export type IntegerType = (typeof INTEGER_TYPES)[number]

export interface AffineOptions {
  readonly type: IntegerType
  /** The zero point is the middle of the range. */
  readonly symmetric: boolean
  /** One bit less, for processors whose 8-bit products may overflow 16 bits (without VNNI). */
  readonly reduceRange: boolean
}

export interface AffineParameters {
  /** A float32. */
  readonly scale: number
  readonly zeroPoint: number
}

/** The integers that parameters are computed for. Values are clipped to the whole type, not to these. */
function rangeOf({type, symmetric, reduceRange}: AffineOptions): readonly [low: number, high: number] {
  if (type === 'uint8') return reduceRange ? [0, 127] : [0, 255]
  if (reduceRange) return [-64, 64]
  return symmetric ? [-127, 127] : [-128, 127]
}

const SMALLEST_NORMAL_FLOAT = 2 ** -126

/** Scale and zero point for values between two floats. */
export function affineParameters(lowest: number, highest: number, options: AffineOptions): AffineParameters {
  const [low, high] = rangeOf(options)
  let minimum = Math.min(lowest, 0)
  let maximum = Math.max(highest, 0)
  if (options.symmetric) {
    maximum = Math.max(-minimum, maximum)
    minimum = -maximum
  }
  // The difference of two floats is taken in floats there, the quotient in doubles.
  const scale = Math.fround(maximum - minimum) / (high - low)
  if (scale < SMALLEST_NORMAL_FLOAT) return {scale: 1, zeroPoint: 0}
  const zeroPoint = options.symmetric ? roundHalfEven((low + high) / 2) : roundHalfEven(low - minimum / scale)
  return {scale: Math.fround(scale), zeroPoint}
}

/** Rounds to the nearest integer, halves to the even one: what adding and taking away 1.5 · 2^52 does to a double. */
export function roundHalfEven(value: number): number {
  const shifted = value + 6_755_399_441_055_744
  return shifted - 6_755_399_441_055_744
}

const LIMITS = {int8: [-128, 127], uint8: [0, 255]} as const

/** How the channels of a tensor follow each other, row-major: `length` values of each, again and again. */
export interface Channels {
  readonly count: number
  readonly length: number
}

/** The channels of a tensor along one axis; the tensor as a whole without one. */
export function channelsOf(shape: readonly number[], axis: number | undefined): Channels {
  if (axis === undefined) return {count: 1, length: Number.POSITIVE_INFINITY}
  const length = shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1)
  return {count: shape[axis] ?? 1, length}
}

/** Scales and zero points, one a channel. */
export interface TensorParameters {
  readonly scales: Float32Array
  /** Two's complement for int8. */
  readonly zeroPoints: Uint8Array
}

export interface QuantizedTensor extends TensorParameters {
  /** Two's complement for int8. */
  readonly values: Uint8Array
}

export type TensorOptions = AffineOptions & {readonly axis?: number | undefined}

/**
 * Quantizes a tensor as a whole, or each channel along an axis by itself.
 *
 * @throws RangeError if a value is not finite
 */
export function quantizeTensor(
  values: Float32Array,
  shape: readonly number[],
  options: TensorOptions,
): QuantizedTensor {
  const parameters = tensorParameters(values, shape, options)
  return {values: quantizeWith(values, shape, {...parameters, type: options.type, axis: options.axis}), ...parameters}
}

/**
 * Scales and zero points for a tensor as a whole, or for each channel along an axis.
 *
 * @throws RangeError if a value is not finite
 */
export function tensorParameters(
  values: Float32Array,
  shape: readonly number[],
  {axis, ...options}: TensorOptions,
): TensorParameters {
  const channels = channelsOf(shape, axis)
  const ranges = emptyRanges(channels)
  widenRanges(ranges, values, channels)
  return parametersFor(ranges, options)
}

/** The least and the greatest value of each channel; infinite where there is none. */
export interface ChannelRanges {
  readonly lowest: Float32Array
  readonly highest: Float32Array
}

export const emptyRanges = ({count}: Channels): ChannelRanges => ({
  lowest: new Float32Array(count).fill(Number.POSITIVE_INFINITY),
  highest: new Float32Array(count).fill(Number.NEGATIVE_INFINITY),
})

/** @throws RangeError if a value is not finite */
export function parametersFor({lowest, highest}: ChannelRanges, options: AffineOptions): TensorParameters {
  const scales = new Float32Array(lowest.length)
  const zeroPoints = new Uint8Array(lowest.length)
  for (const index of scales.keys()) {
    const [low, high] = [lowest[index] as number, highest[index] as number]
    const isEmpty = low > high
    if (!isEmpty && !(Number.isFinite(low) && Number.isFinite(high)))
      throw new RangeError('it has NaN or infinite values')
    const {scale, zeroPoint} = affineParameters(isEmpty ? 0 : low, isEmpty ? 0 : high, options)
    if (!Number.isFinite(scale)) throw new RangeError('its values are too far apart for a scale')
    scales[index] = scale
    zeroPoints[index] = zeroPoint
  }
  return {scales, zeroPoints}
}

/** A tensor as integers, with scales and zero points that are known. Two's complement for int8. */
export function quantizeWith(
  values: Float32Array,
  shape: readonly number[],
  {axis, ...parameters}: TensorParameters & {readonly type: IntegerType; readonly axis?: number | undefined},
): Uint8Array {
  const quantized = new Uint8Array(values.length)
  fillIntegers(quantized, values, channelsOf(shape, axis), parameters)
  return quantized
}

/**
 * Takes further values into account, which begin with those of the channel `first`. Along the rows of the tensor, so that
 * memory is read in order whatever the axis.
 */
export function widenRanges(
  {lowest, highest}: ChannelRanges,
  values: Float32Array,
  {count, length}: Channels,
  first = 0,
): void {
  let channel = first
  for (let position = 0; position < values.length; channel = channel + 1 === count ? 0 : channel + 1) {
    let low = lowest[channel] as number
    let high = highest[channel] as number
    for (const end = Math.min(position + length, values.length); position < end; position++) {
      const value = values[position] as number
      // NaN stays: nothing is below or above it.
      if (value < low || Number.isNaN(value)) low = value
      if (value > high || Number.isNaN(value)) high = value
    }
    lowest[channel] = low
    highest[channel] = high
  }
}

/** Writes values as integers to `quantized`, beginning with those of the channel `first`. */
export function fillIntegers(
  quantized: Uint8Array,
  values: Float32Array,
  {count, length}: Channels,
  {scales, zeroPoints, type}: TensorParameters & {readonly type: IntegerType},
  first = 0,
): void {
  const [low, high] = LIMITS[type]
  let channel = first
  for (let position = 0; position < values.length; channel = channel + 1 === count ? 0 : channel + 1) {
    const scale = scales[channel] as number
    const stored = zeroPoints[channel] as number
    const zeroPoint = type === 'int8' ? (stored << 24) >> 24 : stored
    for (const end = Math.min(position + length, values.length); position < end; position++) {
      const quotient = Math.fround((values[position] as number) / scale)
      const q = quotient + 6_755_399_441_055_744 - 6_755_399_441_055_744 + zeroPoint
      quantized[position] = Math.min(Math.max(q, low), high)
    }
  }
}
