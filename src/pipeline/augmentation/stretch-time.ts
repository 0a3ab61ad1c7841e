const WINDOW = 512 // samples, 32 ms: at least two periods of a low voice
const HOP = WINDOW / 2
const TOLERANCE = 160 // samples, 10 ms: one period of a low voice
/** The search goes over means of so many samples first. */
const COARSE = 4
const MARGIN = WINDOW + TOLERANCE + COARSE

const WEIGHTS = Float64Array.from({length: WINDOW}, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW))

/**
 * Speaks 16 kHz mono samples faster (`rate` > 1) or slower at the same pitch: round(samples ∕ rate) samples, as
 * `librosa.effects.time_stretch`. By WSOLA (Verhelst and Roelands, 1993): windows are laid over each other where the
 * waveform continues best.
 */
export function stretchTime(samples: Float32Array, rate: number): Float32Array {
  const out = new Float32Array(Math.round(samples.length / rate))
  if (rate === 1) {
    out.set(samples)
    return out
  }
  const padded = new Float32Array(samples.length + 2 * MARGIN)
  padded.set(samples, MARGIN)
  const coarse = averaged(padded)
  const windows = Math.ceil(out.length / HOP) + 1
  // Window k lies in the output around sample k · HOP, and was taken from around k · HOP · rate.
  let start = MARGIN - HOP
  for (let k = 0; k < windows; k++) {
    if (k > 0) {
      const aim = Math.min(Math.round(k * HOP * rate), samples.length) + MARGIN - HOP
      const continuation = Math.min(start + HOP, padded.length - WINDOW)
      start = bestStart(padded, coarse, aim, continuation)
    }
    overlay(out, k * HOP - HOP, padded, start)
  }
  return out
}

function averaged(samples: Float32Array): Float32Array {
  const means = new Float32Array(Math.floor(samples.length / COARSE))
  for (let i = 0; i < means.length; i++) {
    let sum = 0
    for (let j = i * COARSE; j < (i + 1) * COARSE; j++) sum += samples[j] as number
    means[i] = sum
  }
  return means
}

/** Where, near `aim`, the samples are most like those at `continuation`: over the means first, then sample by sample. */
function bestStart(samples: Float32Array, coarse: Float32Array, aim: number, continuation: number): number {
  const rough = bestMatch(coarse, {
    template: Math.round(continuation / COARSE),
    length: HOP / COARSE,
    from: Math.round((aim - TOLERANCE) / COARSE),
    to: Math.round((aim + TOLERANCE) / COARSE),
  })
  const centre = rough * COARSE
  return bestMatch(samples, {
    template: continuation,
    length: HOP,
    from: Math.max(0, centre - COARSE),
    to: Math.min(samples.length - WINDOW, centre + COARSE),
  })
}

interface Search {
  readonly template: number
  readonly length: number
  readonly from: number
  readonly to: number
}

/** The greatest normalised correlation; the middle of the search where nothing correlates, as in silence. */
function bestMatch(samples: Float32Array, {template, length, from, to}: Search): number {
  const first = Math.max(0, from)
  const last = Math.min(samples.length - length, to)
  let best = Math.min(last, Math.max(first, Math.round((from + to) / 2)))
  let highest = 0
  let energy = 0
  for (let i = 0; i < length; i++) energy += (samples[first + i] as number) ** 2
  for (let at = first; at <= last; at++) {
    let product = 0
    for (let i = 0; i < length; i++) product += (samples[template + i] as number) * (samples[at + i] as number)
    const likeness = energy > 1e-9 ? product / Math.sqrt(energy) : 0
    if (likeness > highest) {
      highest = likeness
      best = at
    }
    energy += ((samples[at + length] as number) ?? 0) ** 2 - (samples[at] as number) ** 2
  }
  return best
}

function overlay(out: Float32Array, at: number, samples: Float32Array, start: number): void {
  const from = Math.max(0, -at)
  const to = Math.min(WINDOW, out.length - at)
  for (let n = from; n < to; n++)
    out[at + n] = (out[at + n] as number) + (WEIGHTS[n] as number) * (samples[start + n] as number)
}
