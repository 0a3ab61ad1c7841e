const LONGEST_WAVE = 10_000

/** Positions that Whisper's encoder is given, [length, width]: sines, then cosines (openai/whisper, `model.py`, `sinusoids`). */
export function sinusoids(length: number, width: number): Float32Array {
  const half = Math.floor(width / 2)
  const values = new Float32Array(length * width)
  for (let place = 0; place < length; place++)
    for (let wave = 0; wave < half; wave++) {
      const angle = place * Math.exp((-Math.log(LONGEST_WAVE) * wave) / (half - 1))
      values[place * width + wave] = Math.sin(angle)
      values[place * width + half + wave] = Math.cos(angle)
    }
  return values
}
