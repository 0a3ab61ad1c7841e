import type {WeightSource} from '../onnx/model.js'
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
  return computedSource(source.byteLength, async () => {
    const values = await readFloats(source)
    const transposed = new Float32Array(values.length)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        transposed[column * rows + row] = values[row * columns + column] as number
    return transposed
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
