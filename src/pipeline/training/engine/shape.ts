/** A size, or the name of one that is known only when a batch comes. */
export type Size = number | string
export type Shape = readonly Size[]

/** The shape of an elementwise operation (NumPy's broadcasting). Sizes with different names do not agree. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({length: rank}, (_, index) => {
    const one = a[a.length - rank + index] ?? 1
    const other = b[b.length - rank + index] ?? 1
    if (one === other || other === 1) return one
    if (one === 1) return other
    throw new RangeError(`Shapes [${a.join(', ')}] and [${b.join(', ')}] do not agree.`)
  })
}

/** Axes over which the gradient of a broadcast operand is summed: `leading` ones vanish, the others stay with size 1. */
export function broadcastAxes(from: Shape, to: Shape): {readonly leading: number; readonly kept: readonly number[]} {
  const leading = to.length - from.length
  const kept = from.flatMap((size, axis) => (size === 1 && to[axis + leading] !== 1 ? [axis + leading] : []))
  return {leading, kept}
}

/** The number of elements; undefined where a size is not known. */
export function elementsOf(shape: Shape): number | undefined {
  return shape.every(size => typeof size === 'number') ? shape.reduce((product, size) => product * size, 1) : undefined
}

/** `axis` counted from the front, as −1 is the last. */
export function positiveAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank)
    throw new RangeError(`There is no axis ${axis} among ${rank}.`)
  return positive
}
