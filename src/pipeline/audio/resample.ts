import {dot, greatestCommonDivisor, writePhase} from './windowed-sinc.js'

const ZERO_CROSSINGS = 28 // on each side of the filter's centre
const KAISER_BETA = 9.6 // stop band below −95 dB
const CUTOFF = 0.945 // of the lower Nyquist frequency: −6 dB at 7.56 kHz for 16 kHz out, full again below 6.9 kHz

/** Turns a stream of one rate into another. Chunk sizes have no influence on the result, not even on its last bit. */
export interface Resampler {
  /** Takes the next samples; returns what can be computed so far. */
  push(samples: Float32Array): Float32Array
  /** Ends the stream. All outputs together have `round(samples · toHz / fromHz)` samples. */
  flush(): Float32Array
}

/**
 * A windowed-sinc polyphase filter with the exact rational ratio, so there is no drift at any length.
 *
 * @param fromHz integer rate of the input
 * @param toHz integer rate of the output
 */
export function createResampler(fromHz: number, toHz: number): Resampler {
  if (fromHz === toHz) return {push: samples => samples, flush: () => new Float32Array(0)}
  const divisor = greatestCommonDivisor(fromHz, toHz)
  return polyphase(fromHz / divisor, toHz / divisor)
}

/** Resamples a whole recording at once. */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  const resampler = createResampler(fromHz, toHz)
  const head = resampler.push(samples)
  const tail = resampler.flush()
  if (tail.length === 0) return head
  const whole = new Float32Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

/** Output `k` lies at input position `k · down / up`; its fraction selects one of `up` filters. */
function polyphase(down: number, up: number): Resampler {
  const filters = createFilterBank(down, up)
  const {taps} = filters
  const half = taps / 2
  const wholeStep = Math.floor(down / up)
  const phaseStep = down % up
  // The buffer begins with silence, so that the first output's window is centred on the first sample.
  let buffer = new Float32Array(taps + 4096)
  let length = half - 1
  let start = 0
  let phase = 0
  let received = 0
  let produced = 0

  const append = (samples: Float32Array) => {
    if (length + samples.length > buffer.length) {
      const kept = buffer.subarray(start, length)
      const target = kept.length + samples.length > buffer.length ? grown(kept.length + samples.length) : buffer
      target.set(kept)
      length = kept.length
      start = 0
      buffer = target
    }
    buffer.set(samples, length)
    length += samples.length
  }
  const produce = (limit: number) => {
    const possible = length - start < taps ? 0 : Math.floor(((length - start - taps + 1) * up - 1 - phase) / down) + 1
    const out = new Float32Array(Math.max(0, Math.min(limit, possible)))
    for (let k = 0; k < out.length; k++) {
      out[k] = dot(buffer, start, filters.ofPhase(phase), phase * taps, taps)
      phase += phaseStep
      start += wholeStep
      if (phase >= up) {
        phase -= up
        start++
      }
    }
    produced += out.length
    return out
  }
  return {
    push(samples) {
      received += samples.length
      append(samples)
      return produce(Number.POSITIVE_INFINITY)
    },
    flush() {
      append(new Float32Array(taps))
      return produce(Math.round((received * up) / down) - produced)
    },
  }
}

function grown(samples: number): Float32Array<ArrayBuffer> {
  return new Float32Array(Math.ceil(samples * 1.5))
}

interface FilterBank {
  readonly taps: number
  /** The table of all filters, in which the one of this phase is ready at `phase · taps`. */
  ofPhase(phase: number): Float64Array
}

/** Filters are computed when first used: odd ratios have thousands, of which a short recording needs few. */
function createFilterBank(down: number, up: number): FilterBank {
  const scale = CUTOFF * Math.min(1, up / down)
  const half = Math.ceil(ZERO_CROSSINGS / scale)
  const taps = 2 * Math.ceil(half / 2) * 2 // a multiple of four for the unrolled product
  const table = new Float64Array(taps * up)
  const ready = new Uint8Array(up)
  return {
    taps,
    ofPhase(phase) {
      if (ready[phase] === 0)
        writePhase(table.subarray(phase * taps, (phase + 1) * taps), phase / up, {taps, scale, beta: KAISER_BETA})
      ready[phase] = 1
      return table
    },
  }
}
