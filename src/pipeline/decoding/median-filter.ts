/**
 * Median of every `width` neighbouring values (odd width), the ends reflected; the values themselves where they are too
 * few to reflect (openai/whisper `median_filter`).
 */
export function medianFilter(values: Float32Array, width: number): Float32Array {
  const half = width >> 1
  const length = values.length
  if (length <= half) return values
  const filtered = new Float32Array(length)
  const sorted = new Float32Array(width)
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < width; k++) {
      let at = i + k - half
      if (at < 0) at = -at
      else if (at >= length) at = 2 * (length - 1) - at
      const value = values[at] as number
      let place = k
      while (place > 0 && (sorted[place - 1] as number) > value) {
        sorted[place] = sorted[place - 1] as number
        place--
      }
      sorted[place] = value
    }
    filtered[i] = sorted[half] as number
  }
  return filtered
}
