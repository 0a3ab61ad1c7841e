import {type Mp3Granule, SHORT_BLOCK} from './mp3-side-info.js'

const SUBBANDS = 32
const SUBBAND_LINES = 18
const STOP_BLOCK = 3
/** Butterflies between neighbouring subbands (ISO/IEC 11172-3, table B.9). */
const ALIAS = [-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037]
const ALIAS_COSINE = Float64Array.from(ALIAS, c => 1 / Math.sqrt(1 + c * c))
const ALIAS_SINE = Float64Array.from(ALIAS, c => -c / Math.sqrt(1 + c * c))

const STEP = Math.PI / 72
const TWIDDLE_36_COSINE = Float64Array.from({length: 9}, (_, i) => Math.cos((17 - 2 * i) * STEP))
const TWIDDLE_36_SINE = Float64Array.from({length: 9}, (_, i) => Math.sin((17 - 2 * i) * STEP))
const TWIDDLE_12_COSINE = Float64Array.from({length: 3}, (_, i) => Math.cos((15 - 6 * i) * STEP))
const TWIDDLE_12_SINE = Float64Array.from({length: 3}, (_, i) => Math.sin((15 - 6 * i) * STEP))

interface Window {
  readonly rising: Float64Array
  readonly falling: Float64Array
}
const LONG_WINDOW: Window = {
  rising: Float64Array.from({length: 9}, (_, i) => Math.sin((2 * i + 1) * STEP)),
  falling: Float64Array.from({length: 9}, (_, i) => Math.cos((2 * i + 1) * STEP)),
}
const STOP_WINDOW: Window = {
  rising: Float64Array.from({length: 9}, (_, i) => (i < 6 ? 0 : Math.sin((6 * i - 33) * STEP))),
  falling: Float64Array.from({length: 9}, (_, i) => (i < 6 ? 1 : Math.cos((6 * i - 33) * STEP))),
}

/** The hybrid filter bank of one channel, with the overlap it carries from granule to granule. */
export interface Mp3Hybrid {
  /** From a granule's 576 lines to 18 time slots of 32 subbands, in place. */
  run(lines: Float64Array, granule: Mp3Granule, isLowestRate: boolean): void
  reset(): void
}

export function createHybrid(): Mp3Hybrid {
  const overlap = new Float64Array(SUBBANDS * 9)
  const scratch: Scratch = {
    source: new Float64Array(SUBBANDS * SUBBAND_LINES),
    co: new Float64Array(9),
    si: new Float64Array(9),
  }
  return {
    run(lines, granule, isLowestRate) {
      const longSubbands = granule.isMixed ? (isLowestRate ? 4 : 2) : 0
      if (granule.shortBands > 0) {
        reorder(lines, longSubbands * SUBBAND_LINES, granule.bands.subarray(granule.longBands), scratch)
        reduceAlias(lines, longSubbands - 1)
      } else reduceAlias(lines, SUBBANDS - 1)
      const window = granule.blockType === STOP_BLOCK ? STOP_WINDOW : LONG_WINDOW
      for (let subband = 0; subband < SUBBANDS; subband++) {
        const [at, tail] = [subband * SUBBAND_LINES, subband * 9]
        if (subband < longSubbands) transform36(lines, at, overlap, tail, LONG_WINDOW, scratch)
        else if (granule.blockType === SHORT_BLOCK) transformShort(lines, at, overlap, tail, scratch)
        else transform36(lines, at, overlap, tail, window, scratch)
      }
      invertOddFrequencies(lines)
    },
    reset() {
      overlap.fill(0)
    },
  }
}

interface Scratch {
  readonly source: Float64Array
  readonly co: Float64Array
  readonly si: Float64Array
}

/** Short blocks are coded window by window; here the three windows' lines go side by side. */
function reorder(lines: Float64Array, start: number, bands: Uint8Array, {source}: Scratch): void {
  source.set(lines)
  let at = start
  for (let band = 0; band < bands.length && bands[band] !== 0; band += 3) {
    const width = bands[band] as number
    const from = at
    for (let i = 0; i < width; i++) {
      for (let window = 0; window < 3; window++) lines[at++] = source[from + window * width + i] as number
    }
  }
}

function reduceAlias(lines: Float64Array, boundaries: number): void {
  for (let boundary = 1; boundary <= boundaries; boundary++) {
    const middle = boundary * SUBBAND_LINES
    for (let i = 0; i < 8; i++) {
      const up = lines[middle + i] as number
      const down = lines[middle - 1 - i] as number
      const cosine = ALIAS_COSINE[i] as number
      const sine = ALIAS_SINE[i] as number
      lines[middle + i] = up * cosine - down * sine
      lines[middle - 1 - i] = up * sine + down * cosine
    }
  }
}

/** Inverse MDCT of 18 lines by two DCTs of nine points, windowed and overlapped. */
function transform36(
  lines: Float64Array,
  at: number,
  overlap: Float64Array,
  tail: number,
  {rising, falling}: Window,
  {co, si}: Scratch,
): void {
  co[0] = -(lines[at] as number)
  si[0] = lines[at + 17] as number
  for (let i = 0; i < 4; i++) {
    const a = lines[at + 4 * i + 1] as number
    const b = lines[at + 4 * i + 2] as number
    const c = lines[at + 4 * i + 3] as number
    const d = lines[at + 4 * i + 4] as number
    si[8 - 2 * i] = a - b
    co[1 + 2 * i] = a + b
    si[7 - 2 * i] = d - c
    co[2 + 2 * i] = -(c + d)
  }
  dct9(co)
  dct9(si)
  for (let i = 0; i < 9; i++) {
    const c = co[i] as number
    const s = i % 2 === 1 ? -(si[i] as number) : (si[i] as number)
    const cosine = TWIDDLE_36_COSINE[i] as number
    const sine = TWIDDLE_36_SINE[i] as number
    const before = overlap[tail + i] as number
    const sum = c * sine + s * cosine
    overlap[tail + i] = c * cosine - s * sine
    lines[at + i] = before * (falling[i] as number) - sum * (rising[i] as number)
    lines[at + 17 - i] = before * (rising[i] as number) + sum * (falling[i] as number)
  }
}

const COS_10 = Math.cos(Math.PI / 18)
const COS_20 = Math.cos(Math.PI / 9)
const COS_30 = Math.cos(Math.PI / 6)
const COS_40 = Math.cos((2 * Math.PI) / 9)
const COS_50 = Math.cos((5 * Math.PI) / 18)
const COS_70 = Math.cos((7 * Math.PI) / 18)
const COS_80 = Math.cos((4 * Math.PI) / 9)

/** DCT-III of nine points in place. */
function dct9(y: Float64Array): void {
  const y0 = y[0] as number
  const y1 = y[1] as number
  const y2 = y[2] as number
  const y3 = y[3] as number
  const y4 = y[4] as number
  const y5 = y[5] as number
  const y6 = y[6] as number
  const y7 = y[7] as number
  const y8 = y[8] as number

  const even = y0 + y6 / 2
  const alternating = y0 - y6
  const e4 = (y4 + y2) * COS_20
  const e2 = (y8 + y2) * COS_40
  const e6 = (y4 - y8) * COS_80
  const sum = y4 + y8 - y2
  const e = alternating - sum / 2
  const e8 = even - e2 + e6
  const e0 = even - e4 + e2
  const e5 = even + e4 - e6
  const o3 = y3 * COS_30
  const o0 = (y5 + y1) * COS_10
  const o4 = (y5 - y7) * COS_70
  const o2 = (y1 + y7) * COS_50
  const o1 = (y1 - y5 - y7) * COS_30
  const o5 = o0 - o3 - o2
  const o7 = o4 - o3 - o0
  const o6 = o4 + o3 - o2
  y[0] = e5 - o7
  y[1] = e + o1
  y[2] = e0 - o6
  y[3] = e8 + o5
  y[4] = sum + alternating
  y[5] = e8 - o5
  y[6] = e0 + o6
  y[7] = e - o1
  y[8] = e5 + o7
}

/** Three short inverse MDCTs of six lines each, one after the other in the middle of the block. */
function transformShort(lines: Float64Array, at: number, overlap: Float64Array, tail: number, {source}: Scratch): void {
  for (let i = 0; i < SUBBAND_LINES; i++) source[i] = lines[at + i] as number
  for (let i = 0; i < 6; i++) lines[at + i] = overlap[tail + i] as number
  transform12(source, 0, lines, at + 6, overlap, tail + 6)
  transform12(source, 1, lines, at + 12, overlap, tail + 6)
  transform12(source, 2, overlap, tail, overlap, tail + 6)
}

function transform12(
  source: Float64Array,
  window: number,
  out: Float64Array,
  at: number,
  overlap: Float64Array,
  tail: number,
): void {
  const x0 = source[window] as number
  const x1 = source[window + 3] as number
  const x2 = source[window + 6] as number
  const x3 = source[window + 9] as number
  const x4 = source[window + 12] as number
  const x5 = source[window + 15] as number
  const co = dct3(-x0, x2 + x1, x4 + x3)
  const si = dct3(x5, x4 - x3, x2 - x1)
  for (let i = 0; i < 3; i++) {
    const c = co[i] as number
    const s = i === 1 ? -(si[i] as number) : (si[i] as number)
    const cosine = TWIDDLE_12_COSINE[i] as number
    const sine = TWIDDLE_12_SINE[i] as number
    const before = overlap[tail + i] as number
    const sum = c * sine + s * cosine
    overlap[tail + i] = c * cosine - s * sine
    out[at + i] = before * (TWIDDLE_12_COSINE[2 - i] as number) - sum * (TWIDDLE_12_SINE[2 - i] as number)
    out[at + 5 - i] = before * (TWIDDLE_12_SINE[2 - i] as number) + sum * (TWIDDLE_12_COSINE[2 - i] as number)
  }
}

function dct3(x0: number, x1: number, x2: number): readonly [number, number, number] {
  const odd = x1 * COS_30
  const even = x0 - x2 / 2
  return [even + odd, x0 + x2, even - odd]
}

/** The filter bank has every second subband upside down. */
function invertOddFrequencies(lines: Float64Array): void {
  for (let subband = 1; subband < SUBBANDS; subband += 2) {
    const end = (subband + 1) * SUBBAND_LINES
    for (let i = subband * SUBBAND_LINES + 1; i < end; i += 2) lines[i] = -(lines[i] as number)
  }
}
