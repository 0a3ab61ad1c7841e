import type {WeightSource} from '../model.js'

/** The parts of a tensor at some indices along one axis, in their order; `elementBytes` is the size of one element. */
export function takeAlong(
  source: WeightSource,
  shape: readonly number[],
  axis: number,
  indices: readonly number[],
  elementBytes: number,
): WeightSource {
  const product = (sizes: readonly number[]) => sizes.reduce((total, size) => total * size, 1)
  const part = product(shape.slice(axis + 1)) * elementBytes
  const rowFrom = (shape[axis] ?? 1) * part
  const rowTo = indices.length * part
  return {
    byteLength: product(shape.slice(0, axis)) * rowTo,
    async read(start, end) {
      const first = Math.floor(start / rowTo)
      const last = Math.ceil(end / rowTo)
      const rows = await source.read(first * rowFrom, last * rowFrom)
      const taken = new Uint8Array((last - first) * rowTo)
      for (let row = 0; row < last - first; row++)
        for (const [position, index] of indices.entries()) {
          const from = row * rowFrom + index * part
          taken.set(rows.subarray(from, from + part), row * rowTo + position * part)
        }
      return taken.subarray(start - first * rowTo, end - first * rowTo)
    },
  }
}
