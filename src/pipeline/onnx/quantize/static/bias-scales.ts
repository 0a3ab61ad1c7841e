import type {BiasMark} from './marks.js'

const INTEGERS = 2 ** 32 - 2
const MARGIN = 1.0001

/** What a bias is added to. */
export interface BiasPlace {
  readonly inputScale: number
  /** What the products are multiplied with. */
  readonly alpha: number
}

/**
 * Weights' scales that leave room for a bias in 32 bits, whose scale is that of the products: where a bias is too large
 * for it, the weight's scale grows (onnxruntime/quantization/qdq_quantizer.py, `_adjust_weight_scale_for_int32_bias`).
 *
 * @param scales of the weight; changed
 * @param isPerChannel each is for one element of the bias
 */
export function raiseScales(
  scales: Float32Array,
  bias: Float32Array,
  {inputScale, alpha, isPerChannel}: BiasPlace & {readonly isPerChannel: boolean},
): void {
  const greatest = bias.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  for (const [channel, scale] of scales.entries()) {
    // Channels are computed in floats there, whole tensors in doubles.
    const span = isPerChannel
      ? Math.fround(Math.fround(MARGIN) * Math.fround(2 * Math.abs(bias[channel] ?? 0)))
      : MARGIN * 2 * greatest
    const least = span / INTEGERS
    const product = inputScale * scale * alpha
    if (product < least && product > 0) scales[channel] = scale * (least / product)
  }
}

export interface QuantizedBias {
  readonly values: Int32Array
  readonly scales: Float32Array
}

/**
 * A bias in units of the products that it is added to.
 *
 * @throws RangeError if a value is not finite
 */
export function quantizeBias(
  bias: Float32Array,
  weightScales: Float32Array,
  {inputScale, alpha}: BiasPlace,
): QuantizedBias {
  if (!bias.every(Number.isFinite)) throw new RangeError('it has NaN or infinite values')
  const scales = weightScales.map(scale => Math.fround(inputScale * scale) * alpha)
  const values = Int32Array.from(bias, (value, index) => {
    const scale = (scales.length === 1 ? scales[0] : scales[index]) as number
    return Math.min(Math.max(roundHalfEven(value / scale), -(2 ** 31)), 2 ** 31 - 1)
  })
  return {values, scales}
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** The values of a bias after its factor; undefined where it cannot be integers: then it stays as it is. */
export function scaledBias({alpha, beta}: Pick<BiasMark, 'alpha' | 'beta'>, values: Float32Array) {
  if (!(alpha > 0) || !Number.isFinite(beta)) return undefined
  return beta === 1 ? values : values.map(value => value * beta)
}
