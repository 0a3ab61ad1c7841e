/** Place of the largest of values[start … end), counted from `start`; the first of equals. */
export function indexOfLargest(values: Float32Array, start = 0, end = values.length): number {
  let best = start
  for (let i = start + 1; i < end; i++) if ((values[i] as number) > (values[best] as number)) best = i
  return best - start
}
