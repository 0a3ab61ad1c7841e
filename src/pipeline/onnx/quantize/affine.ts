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

/** Where in a tensor the values of one channel stand: `count` runs of `length` values, `stride` apart. */
export interface Channel {
  readonly start: number
  readonly count: number
  readonly length: number
  readonly stride: number
}

/** The channels of a tensor along one axis. */
export function channelsOf(shape: readonly number[], axis: number): Channel[] {
  const size = shape[axis] ?? 1
  const length = shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1)
  const count = shape.slice(0, axis).reduce((product, dimension) => product * dimension, 1)
  return Array.from({length: size}, (_, index) => ({start: index * length, count, length, stride: size * length}))
}

export interface QuantizedTensor {
  /** Two's complement for int8. */
  readonly values: Uint8Array
  /** One a channel. */
  readonly scales: Float32Array
  readonly zeroPoints: Uint8Array
}

/**
 * Quantizes a tensor as a whole, or each channel along an axis by itself.
 *
 * @throws RangeError if a value is not finite
 */
export function quantizeTensor(
  values: Float32Array,
  shape: readonly number[],
  {axis, ...options}: AffineOptions & {readonly axis?: number | undefined},
): QuantizedTensor {
  const whole: Channel = {start: 0, count: 1, length: values.length, stride: values.length}
  const channels = axis === undefined ? [whole] : channelsOf(shape, axis)
  const quantized = new Uint8Array(values.length)
  const scales = new Float32Array(channels.length)
  const zeroPoints = new Uint8Array(channels.length)
  const ranges = rangesOf(values, channels)
  if (![...ranges.lowest, ...ranges.highest].every(Number.isFinite))
    throw new RangeError('it has NaN or infinite values')
  for (const index of channels.keys()) {
    const {scale, zeroPoint} = affineParameters(ranges.lowest[index] ?? 0, ranges.highest[index] ?? 0, options)
    if (!Number.isFinite(scale)) throw new RangeError('its values are too far apart for a scale')
    scales[index] = scale
    zeroPoints[index] = zeroPoint
  }
  fill(quantized, values, channels, {scales, zeroPoints, type: options.type})
  return {values: quantized, scales, zeroPoints}
}

/** The least and the greatest value of each channel, 0 where there is none. */
function rangesOf(values: Float32Array, channels: readonly Channel[]) {
  const lowest = new Float32Array(channels.length)
  const highest = new Float32Array(channels.length)
  const [first] = channels
  if (first === undefined || values.length === 0) return {lowest, highest}
  lowest.fill(Number.POSITIVE_INFINITY)
  highest.fill(Number.NEGATIVE_INFINITY)
  // Along the rows of the tensor, so that memory is read in order whatever the axis.
  const {count, length} = first
  let position = 0
  for (let run = 0; run < count; run++)
    for (let channel = 0; channel < channels.length; channel++) {
      let low = lowest[channel] as number
      let high = highest[channel] as number
      for (const end = position + length; position < end; position++) {
        const value = values[position] as number
        // NaN stays: nothing is below or above it.
        if (value < low || Number.isNaN(value)) low = value
        if (value > high || Number.isNaN(value)) high = value
      }
      lowest[channel] = low
      highest[channel] = high
    }
  return {lowest, highest}
}

function fill(
  quantized: Uint8Array,
  values: Float32Array,
  channels: readonly Channel[],
  {
    scales,
    zeroPoints,
    type,
  }: {readonly scales: Float32Array; readonly zeroPoints: Uint8Array; readonly type: IntegerType},
): void {
  const [low, high] = LIMITS[type]
  const {count, length} = channels[0] ?? {count: 0, length: 0}
  let position = 0
  for (let run = 0; run < count; run++)
    for (let channel = 0; channel < channels.length; channel++) {
      const scale = scales[channel] as number
      const stored = zeroPoints[channel] as number
      const zeroPoint = type === 'int8' ? (stored << 24) >> 24 : stored
      for (const end = position + length; position < end; position++) {
        const quotient = Math.fround((values[position] as number) / scale)
        const q = quotient + 6_755_399_441_055_744 - 6_755_399_441_055_744 + zeroPoint
        quantized[position] = Math.min(Math.max(q, low), high)
      }
    }
}
