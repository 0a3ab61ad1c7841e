import {SYNTHESIS_WINDOW} from './mp3-tables.js'

const SLOTS = 18
/** Values remembered from granule to granule. */
const HISTORY = 15 * 32
const FULL_SCALE = 32768

/** The polyphase filter bank of one channel: 18 slots of 32 subbands to 576 samples, with memory. */
export interface Mp3Synthesis {
  /** `lines` are overwritten. */
  run(lines: Float64Array, out: Float32Array, at: number): void
  reset(): void
}

/** After minimp3, which folds the window so that each row of the history serves two slots. */
export function createSynthesis(): Mp3Synthesis {
  const rows = new Float64Array(HISTORY + SLOTS * 32)
  const scratch = new Float64Array(32)
  return {
    run(lines, out, at) {
      for (let slot = 0; slot < SLOTS; slot++) transformSlot(lines, slot, scratch)
      for (let slot = 0; slot < SLOTS; slot += 2) synthesizeTwoSlots(lines, slot, rows, slot * 32, out, at + slot * 32)
      rows.copyWithin(0, SLOTS * 32)
    },
    reset() {
      rows.fill(0)
    },
  }
}

const SECANTS = Float64Array.from({length: 24}, (_, i) => {
  const step = Math.floor(i / 3)
  const angle = i % 3 === 0 ? (31 - 2 * step) / 64 : i % 3 === 1 ? (2 * step + 1) / 64 : (2 * step + 1) / 32
  return 1 / (2 * Math.cos(angle * Math.PI))
})
const secant = (angle: number) => 1 / (2 * Math.cos((angle * Math.PI) / 16))
const [SEC_1, SEC_2, SEC_3, SEC_5, SEC_6, SEC_7] = [secant(1), secant(2), secant(3), secant(5), secant(6), secant(7)]
const SQRT_HALF = Math.SQRT1_2
const TAN_16TH = Math.tan(Math.PI / 16)
const SIN_8TH = Math.sin(Math.PI / 8)

/** DCT-II of the 32 subbands of one slot, which stand 18 apart, in place. */
function transformSlot(lines: Float64Array, slot: number, t: Float64Array): void {
  for (let i = 0; i < 8; i++) {
    const x0 = lines[slot + i * 18] as number
    const x1 = lines[slot + (15 - i) * 18] as number
    const x2 = lines[slot + (16 + i) * 18] as number
    const x3 = lines[slot + (31 - i) * 18] as number
    const sum = x0 + x3
    const inner = x1 + x2
    const a = (x1 - x2) * (SECANTS[3 * i] as number)
    const b = (x0 - x3) * (SECANTS[3 * i + 1] as number)
    const secant2 = SECANTS[3 * i + 2] as number
    t[i] = sum + inner
    t[i + 8] = (sum - inner) * secant2
    t[i + 16] = b + a
    t[i + 24] = (b - a) * secant2
  }
  for (let row = 0; row < 32; row += 8) dct8(t, row)
  for (let i = 0; i < 8; i++) {
    const at = slot + i * 72
    const third = (t[24 + i] as number) + (i < 7 ? (t[25 + i] as number) : 0)
    lines[at] = t[i] as number
    lines[at + 18] = (t[16 + i] as number) + third
    lines[at + 36] = (t[8 + i] as number) + (i < 7 ? (t[9 + i] as number) : 0)
    lines[at + 54] = (i < 7 ? (t[17 + i] as number) : 0) + third
  }
}

function dct8(t: Float64Array, at: number): void {
  let x0 = t[at] as number
  let x1 = t[at + 1] as number
  let x2 = t[at + 2] as number
  let x3 = t[at + 3] as number
  let x4 = t[at + 4] as number
  let x5 = t[at + 5] as number
  let x6 = t[at + 6] as number
  let x7 = t[at + 7] as number
  let odd = x0 - x7
  x0 += x7
  x7 = x1 - x6
  x1 += x6
  x6 = x2 - x5
  x2 += x5
  x5 = x3 - x4
  x3 += x4
  x4 = x0 - x3
  x0 += x3
  x3 = x1 - x2
  x1 += x2
  t[at] = x0 + x1
  t[at + 4] = (x0 - x1) * SQRT_HALF
  x5 += x6
  x6 = (x6 + x7) * SQRT_HALF
  x7 += odd
  x3 = (x3 + x4) * SQRT_HALF
  x5 -= x7 * TAN_16TH // a rotation by π/8
  x7 += x5 * SIN_8TH
  x5 -= x7 * TAN_16TH
  x0 = odd - x6
  odd += x6
  t[at + 1] = (odd + x7) * SEC_1
  t[at + 2] = (x4 + x3) * SEC_2
  t[at + 3] = (x0 - x5) * SEC_3
  t[at + 5] = (x0 + x5) * SEC_5
  t[at + 6] = (x4 - x3) * SEC_6
  t[at + 7] = (odd - x7) * SEC_7
}

/** Windows the history with two more slots. Row `base / 32 + 15` of `rows` is the first slot's. */
function synthesizeTwoSlots(
  lines: Float64Array,
  slot: number,
  rows: Float64Array,
  base: number,
  out: Float32Array,
  at: number,
): void {
  const newest = base + HISTORY
  rows[newest + 30] = lines[slot + 288] as number
  rows[newest + 31] = lines[slot] as number
  rows[newest + 62] = lines[slot + 289] as number
  rows[newest + 63] = lines[slot + 1] as number
  synthesizeEnds(rows, base + 30, out, at)
  synthesizeEnds(rows, base + 62, out, at + 32)
  for (let i = 14, weight = 0; i >= 0; i--, weight += 16) {
    const row = newest + 2 * i
    rows[row] = lines[slot + 18 * (31 - i)] as number
    rows[row + 1] = lines[slot + 1 + 18 * (31 - i)] as number
    rows[row + 32] = lines[slot + 1 + 18 * (1 + i)] as number
    rows[row - 31] = lines[slot + 18 * (1 + i)] as number
    for (let lane = 0; lane < 2; lane++) {
      let a = 0
      let b = 0
      for (let k = 0; k < 8; k += 2) {
        const w0 = SYNTHESIS_WINDOW[weight + 2 * k] as number
        const w1 = SYNTHESIS_WINDOW[weight + 2 * k + 1] as number
        const z = rows[row + lane - k * 32] as number
        const y = rows[row + lane - (15 - k) * 32] as number
        const w2 = SYNTHESIS_WINDOW[weight + 2 * k + 2] as number
        const w3 = SYNTHESIS_WINDOW[weight + 2 * k + 3] as number
        const z1 = rows[row + lane - k * 32 - 32] as number
        const y1 = rows[row + lane - (14 - k) * 32] as number
        a += z * w0 - y * w1 + (y1 * w3 - z1 * w2)
        b += z * w1 + y * w0 + (z1 * w3 + y1 * w2)
      }
      out[at + lane * 32 + 15 - i] = a / FULL_SCALE
      out[at + lane * 32 + 17 + i] = b / FULL_SCALE
    }
  }
}

/** Samples 0 and 16 of a slot, for which the window is symmetric. */
function synthesizeEnds(rows: Float64Array, at: number, out: Float32Array, to: number): void {
  const middle = at + 1
  const sum =
    ((rows[at + 14 * 32] as number) - (rows[at] as number)) * 29 +
    ((rows[at + 32] as number) + (rows[at + 13 * 32] as number)) * 213 +
    ((rows[at + 12 * 32] as number) - (rows[at + 2 * 32] as number)) * 459 +
    ((rows[at + 3 * 32] as number) + (rows[at + 11 * 32] as number)) * 2037 +
    ((rows[at + 10 * 32] as number) - (rows[at + 4 * 32] as number)) * 5153 +
    ((rows[at + 5 * 32] as number) + (rows[at + 9 * 32] as number)) * 6574 +
    ((rows[at + 8 * 32] as number) - (rows[at + 6 * 32] as number)) * 37489 +
    (rows[at + 7 * 32] as number) * 75038
  out[to] = sum / FULL_SCALE
  const sum16 =
    (rows[middle + 14 * 32] as number) * 104 +
    (rows[middle + 12 * 32] as number) * 1567 +
    (rows[middle + 10 * 32] as number) * 9727 +
    (rows[middle + 8 * 32] as number) * 64019 -
    (rows[middle + 6 * 32] as number) * 9975 -
    (rows[middle + 4 * 32] as number) * 45 +
    (rows[middle + 2 * 32] as number) * 146 -
    (rows[middle] as number) * 5
  out[to + 16] = sum16 / FULL_SCALE
}
