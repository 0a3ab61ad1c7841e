import {transpose} from '../../onnx/quantize/transpose.js'
import type {Values} from '../engine/training-engine.js'

const CONVOLUTION = /\.conv\d+\.weight$/
const TABLE = /(?:^|\.)(?:embed_tokens|embed_positions|proj_out)\.weight$/
const KERNEL = 3

/** The shape in which Hugging Face keeps a parameter that has this one here. */
export function huggingFaceShape(name: string, shape: readonly number[]): readonly number[] {
  const [first = 0, second = 0] = shape
  if (CONVOLUTION.test(name)) return [second, first / KERNEL, KERNEL]
  return isMatrix(name, shape) ? [second, first] : shape
}

/**
 * A parameter in Hugging Face's layout: linear layers [outputs, inputs], convolutions [outputs, inputs, kernel]. Here they
 * are [inputs, outputs] and [kernel × inputs, outputs]; all else is the same on both sides.
 */
export function toHuggingFace(name: string, {values, shape}: Values<Float32Array>): Values<Float32Array> {
  const [first = 0, second = 0] = shape
  const turned = huggingFaceShape(name, shape)
  if (CONVOLUTION.test(name)) return {values: reversed(values, [KERNEL, first / KERNEL, second]), shape: turned}
  return {values: isMatrix(name, shape) ? transpose(values, first, second) : values, shape: turned}
}

/** The inverse of {@link toHuggingFace}, for a parameter that has this shape here. */
export function fromHuggingFace(name: string, values: Float32Array, shape: readonly number[]): Float32Array {
  const [first = 0, second = 0] = shape
  if (CONVOLUTION.test(name)) return reversed(values, [second, first / KERNEL, KERNEL])
  return isMatrix(name, shape) ? transpose(values, second, first) : values
}

const isMatrix = (name: string, shape: readonly number[]): boolean => shape.length === 2 && !TABLE.test(name)

/** [a, b, c] → [c, b, a]. */
function reversed(values: Float32Array, [a, b, c]: readonly [number, number, number]): Float32Array {
  const turned = new Float32Array(values.length)
  let from = 0
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) turned[(k * b + j) * a + i] = values[from++] as number
  return turned
}
