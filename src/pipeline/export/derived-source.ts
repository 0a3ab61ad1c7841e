import type {WeightSource} from '../onnx/model.js'
import {transpose} from '../onnx/quantize/transpose.js'
import {readFloats} from './float-source.js'

/** Weights that can be computed only as a whole. They are kept from the first piece that is read to the last. */
function computedSource(byteLength: number, compute: () => Promise<Float32Array>): WeightSource {
  let kept: Promise<Float32Array> | undefined
  return {
    byteLength,
    async read(start, end) {
      kept ??= compute()
      const floats = await kept
      if (end === byteLength) kept = undefined
      return new Uint8Array(floats.buffer, floats.byteOffset + start, end - start)
    },
  }
}

/** A matrix [rows, columns] of floats, as [columns, rows]. */
export function transposedSource(source: WeightSource, rows: number, columns: number): WeightSource {
  return computedSource(source.byteLength, async () => transpose(await readFloats(source), rows, columns))
}

/** Tensors of floats one after the other. */
export function stackedSource(sources: readonly WeightSource[]): WeightSource {
  const byteLength = sources.reduce((sum, source) => sum + source.byteLength, 0)
  return computedSource(byteLength, async () => {
    const stacked = new Float32Array(byteLength / 4)
    let end = 0
    for (const source of sources) {
      stacked.set(await readFloats(source), end)
      end += source.byteLength / 4
    }
    return stacked
  })
}

/** The weight of a convolution [outputs, inputs, kernel] as a matrix [kernel × inputs, outputs]. */
export function unfoldedSource(
  source: WeightSource,
  [outputs, inputs, kernel]: readonly [number, number, number],
): WeightSource {
  return computedSource(source.byteLength, async () => {
    const values = await readFloats(source)
    const unfolded = new Float32Array(values.length)
    let from = 0
    for (let output = 0; output < outputs; output++)
      for (let input = 0; input < inputs; input++)
        for (let tap = 0; tap < kernel; tap++)
          unfolded[(tap * inputs + input) * outputs + output] = values[from++] as number
    return unfolded
  })
}

/**
 * The weight of a convolution under weight normalisation over its last dimension: direction × magnitude ∕ |direction|,
 * with one magnitude for each place in the kernel (PyTorch, `weight_norm` with `dim=2`).
 *
 * @param kernel the size of the last dimension
 */
export function weightNormSource(magnitude: WeightSource, direction: WeightSource, kernel: number): WeightSource {
  return computedSource(direction.byteLength, async () => {
    const [magnitudes, values] = await Promise.all([readFloats(magnitude), readFloats(direction)])
    const squares = new Float64Array(kernel)
    for (let i = 0; i < values.length; i++)
      squares[i % kernel] = (squares[i % kernel] ?? 0) + (values[i] as number) ** 2
    const scales = squares.map((square, place) => (magnitudes[place] ?? 0) / Math.sqrt(square))
    return values.map((value, i) => value * (scales[i % kernel] as number))
  })
}
