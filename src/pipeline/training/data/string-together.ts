import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import type {Random} from '../../decoding/random.js'

/** What each recording's loudest sample becomes. */
const PEAK = 0.5
/** Of the faint noise in the silence between, which no recording is without. */
const FLOOR = 1e-4

/** Recordings one after the other, equally loud, with silence before, between and after. One alone stays as it is. */
export function stringTogether(
  parts: readonly Float32Array[],
  [least, most]: readonly [number, number],
  random: Random,
): Float32Array {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return first
  const gaps = Array.from({length: parts.length + 1}, () =>
    Math.round(SAMPLE_RATE_HZ * (least + (most - least) * random())),
  )
  const sizes = [...gaps, ...parts.map(part => part.length)]
  const joined = Float32Array.from(
    {length: sizes.reduce((sum, size) => sum + size, 0)},
    () => FLOOR * (2 * random() - 1),
  )
  let at = gaps[0] ?? 0
  for (const [index, part] of parts.entries()) {
    const loudest = part.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0)
    const gain = loudest > 0 ? PEAK / loudest : 1
    for (let i = 0; i < part.length; i++) joined[at + i] = gain * (part[i] as number)
    at += part.length + (gaps[index + 1] ?? 0)
  }
  return joined
}
