/** Power spectrum of real signals of one size. Not re-entrant: it owns its scratch memory. */
export interface RealFft {
  /** Number of real input values. */
  readonly size: number
  /** Number of outputs, `size / 2 + 1`: from 0 Hz to half the sample rate. */
  readonly bins: number
  /**
   * Writes |X[k]|² of `signal[offset + n] × window[n]` for k = 0 … size / 2 to `power`. Double precision throughout.
   * `window` may be shorter than `size`: the rest counts as zeros.
   */
  power(signal: Float32Array | Float64Array, offset: number, window: Float64Array, power: Float64Array): void
}

/**
 * A real FFT as a complex FFT of half the size (even samples real, odd ones imaginary), by Stockham's self-sorting
 * passes of radix 2, 3, 4 and 5.
 *
 * @param size an even number whose half has no prime factor above 5: 400 for Whisper, 512 for most filter banks
 */
export function createRealFft(size: number): RealFft {
  const half = size / 2
  const passes = planPasses(half)
  const twist = unitCircle(size, half)
  const a = new Float64Array(size)
  const b = new Float64Array(size)
  return {
    size,
    bins: half + 1,
    power(signal, offset, window, power) {
      const count = window.length
      for (let n = 0; n < count; n++) a[n] = (signal[offset + n] as number) * (window[n] as number)
      a.fill(0, count)
      let from = a
      let to = b
      for (const pass of passes) {
        pass.run(from, to, pass)
        const swap = from
        from = to
        to = swap
      }
      separatePower(from, twist, half, power)
    },
  }
}

/** One pass over complex values stored as re, im, re, im. `groups × radix × stride` = the transform's size. */
interface Pass {
  readonly run: (from: Float64Array, to: Float64Array, pass: Pass) => void
  readonly groups: number
  readonly stride: number
  /** For every group the factors w, w², … w^(radix−1). */
  readonly twiddles: Float64Array
}

const BUTTERFLIES = {2: radix2, 3: radix3, 4: radix4, 5: radix5} as const

function planPasses(size: number): Pass[] {
  const passes: Pass[] = []
  let remaining = size
  for (const radix of [4, 2, 3, 5] as const) {
    while (remaining % radix === 0 && remaining > 1) {
      const groups = remaining / radix
      const stride = size / remaining
      passes.push({run: BUTTERFLIES[radix], groups, stride, twiddles: twiddlesOf(radix, groups)})
      remaining = groups
    }
  }
  if (remaining !== 1) throw new RangeError(`an FFT of size ${size * 2} is not supported: ${remaining} is left over`)
  return passes
}

function twiddlesOf(radix: number, groups: number): Float64Array {
  const circle = unitCircle(radix * groups, radix * groups)
  const factors: number[] = []
  for (let q = 0; q < groups; q++) {
    for (let j = 1; j < radix; j++) factors.push(circle[2 * q * j] as number, circle[2 * q * j + 1] as number)
  }
  return Float64Array.from(factors)
}

/** exp(−2πi k / size) for k = 0 … count − 1. */
function unitCircle(size: number, count: number): Float64Array {
  const circle = new Float64Array(2 * count)
  for (let k = 0; k < count; k++) {
    const angle = (-2 * Math.PI * k) / size
    circle[2 * k] = Math.cos(angle)
    circle[2 * k + 1] = Math.sin(angle)
  }
  return circle
}

/** |X[k]|² from the transform Z of the packed signal: X[k] = E[k] + exp(−2πi k / 2h) O[k], E and O from Z[k] and Z[h−k]*. */
function separatePower(z: Float64Array, twist: Float64Array, half: number, power: Float64Array): void {
  const dc = z[0] as number
  const nyquist = z[1] as number
  power[0] = (dc + nyquist) * (dc + nyquist)
  power[half] = (dc - nyquist) * (dc - nyquist)
  for (let k = 1; 2 * k <= half; k++) {
    const m = half - k
    const zr = z[2 * k] as number
    const zi = z[2 * k + 1] as number
    const yr = z[2 * m] as number
    const yi = z[2 * m + 1] as number
    const evenRe = 0.5 * (zr + yr)
    const evenIm = 0.5 * (zi - yi)
    const oddRe = 0.5 * (zi + yi)
    const oddIm = 0.5 * (yr - zr)
    const wr = twist[2 * k] as number
    const wi = twist[2 * k + 1] as number
    const turnedRe = oddRe * wr - oddIm * wi
    const turnedIm = oddRe * wi + oddIm * wr
    power[k] = (evenRe + turnedRe) ** 2 + (evenIm + turnedIm) ** 2
    power[m] = (evenRe - turnedRe) ** 2 + (evenIm - turnedIm) ** 2
  }
}

function radix2(from: Float64Array, to: Float64Array, {groups, stride, twiddles}: Pass): void {
  const step = 2 * stride
  const far = step * groups
  for (let q = 0; q < groups; q++) {
    const wr = twiddles[2 * q] as number
    const wi = twiddles[2 * q + 1] as number
    let o = 2 * q * step
    const end = (q + 1) * step
    for (let i = q * step; i < end; i += 2, o += 2) {
      const ar = from[i] as number
      const ai = from[i + 1] as number
      const br = from[i + far] as number
      const bi = from[i + far + 1] as number
      const dr = ar - br
      const di = ai - bi
      to[o] = ar + br
      to[o + 1] = ai + bi
      to[o + step] = dr * wr - di * wi
      to[o + step + 1] = dr * wi + di * wr
    }
  }
}

const SIN_60 = Math.sqrt(3) / 2

function radix3(from: Float64Array, to: Float64Array, {groups, stride, twiddles}: Pass): void {
  const step = 2 * stride
  const far = step * groups
  for (let q = 0; q < groups; q++) {
    const w1r = twiddles[4 * q] as number
    const w1i = twiddles[4 * q + 1] as number
    const w2r = twiddles[4 * q + 2] as number
    const w2i = twiddles[4 * q + 3] as number
    let o = 3 * q * step
    const end = (q + 1) * step
    for (let i = q * step; i < end; i += 2, o += 2) {
      const ar = from[i] as number
      const ai = from[i + 1] as number
      const br = from[i + far] as number
      const bi = from[i + far + 1] as number
      const cr = from[i + 2 * far] as number
      const ci = from[i + 2 * far + 1] as number
      const sr = br + cr
      const si = bi + ci
      const mr = ar - 0.5 * sr
      const mi = ai - 0.5 * si
      const tr = SIN_60 * (bi - ci)
      const ti = SIN_60 * (cr - br)
      to[o] = ar + sr
      to[o + 1] = ai + si
      to[o + step] = (mr + tr) * w1r - (mi + ti) * w1i
      to[o + step + 1] = (mr + tr) * w1i + (mi + ti) * w1r
      to[o + 2 * step] = (mr - tr) * w2r - (mi - ti) * w2i
      to[o + 2 * step + 1] = (mr - tr) * w2i + (mi - ti) * w2r
    }
  }
}

function radix4(from: Float64Array, to: Float64Array, {groups, stride, twiddles}: Pass): void {
  const step = 2 * stride
  const far = step * groups
  for (let q = 0; q < groups; q++) {
    const w1r = twiddles[6 * q] as number
    const w1i = twiddles[6 * q + 1] as number
    const w2r = twiddles[6 * q + 2] as number
    const w2i = twiddles[6 * q + 3] as number
    const w3r = twiddles[6 * q + 4] as number
    const w3i = twiddles[6 * q + 5] as number
    let o = 4 * q * step
    const end = (q + 1) * step
    for (let i = q * step; i < end; i += 2, o += 2) {
      const ar = from[i] as number
      const ai = from[i + 1] as number
      const br = from[i + far] as number
      const bi = from[i + far + 1] as number
      const cr = from[i + 2 * far] as number
      const ci = from[i + 2 * far + 1] as number
      const dr = from[i + 3 * far] as number
      const di = from[i + 3 * far + 1] as number
      const acr = ar + cr
      const aci = ai + ci
      const bdr = br + dr
      const bdi = bi + di
      const amr = ar - cr
      const ami = ai - ci
      const bmr = br - dr
      const bmi = bi - di
      to[o] = acr + bdr
      to[o + 1] = aci + bdi
      to[o + step] = (amr + bmi) * w1r - (ami - bmr) * w1i
      to[o + step + 1] = (amr + bmi) * w1i + (ami - bmr) * w1r
      to[o + 2 * step] = (acr - bdr) * w2r - (aci - bdi) * w2i
      to[o + 2 * step + 1] = (acr - bdr) * w2i + (aci - bdi) * w2r
      to[o + 3 * step] = (amr - bmi) * w3r - (ami + bmr) * w3i
      to[o + 3 * step + 1] = (amr - bmi) * w3i + (ami + bmr) * w3r
    }
  }
}

const COS_72 = Math.cos((2 * Math.PI) / 5)
const COS_144 = Math.cos((4 * Math.PI) / 5)
const SIN_72 = Math.sin((2 * Math.PI) / 5)
const SIN_144 = Math.sin((4 * Math.PI) / 5)

function radix5(from: Float64Array, to: Float64Array, {groups, stride, twiddles}: Pass): void {
  const step = 2 * stride
  const far = step * groups
  for (let q = 0; q < groups; q++) {
    const w1r = twiddles[8 * q] as number
    const w1i = twiddles[8 * q + 1] as number
    const w2r = twiddles[8 * q + 2] as number
    const w2i = twiddles[8 * q + 3] as number
    const w3r = twiddles[8 * q + 4] as number
    const w3i = twiddles[8 * q + 5] as number
    const w4r = twiddles[8 * q + 6] as number
    const w4i = twiddles[8 * q + 7] as number
    let o = 5 * q * step
    const end = (q + 1) * step
    for (let i = q * step; i < end; i += 2, o += 2) {
      const ar = from[i] as number
      const ai = from[i + 1] as number
      const br = from[i + far] as number
      const bi = from[i + far + 1] as number
      const cr = from[i + 2 * far] as number
      const ci = from[i + 2 * far + 1] as number
      const dr = from[i + 3 * far] as number
      const di = from[i + 3 * far + 1] as number
      const er = from[i + 4 * far] as number
      const ei = from[i + 4 * far + 1] as number
      // Sums and differences of the conjugate pairs (b, e) and (c, d).
      const ber = br + er
      const bei = bi + ei
      const cdr = cr + dr
      const cdi = ci + di
      const bmr = br - er
      const bmi = bi - ei
      const cmr = cr - dr
      const cmi = ci - di
      const m1r = ar + COS_72 * ber + COS_144 * cdr
      const m1i = ai + COS_72 * bei + COS_144 * cdi
      const m2r = ar + COS_144 * ber + COS_72 * cdr
      const m2i = ai + COS_144 * bei + COS_72 * cdi
      const t1r = SIN_72 * bmi + SIN_144 * cmi
      const t1i = SIN_72 * bmr + SIN_144 * cmr
      const t2r = SIN_144 * bmi - SIN_72 * cmi
      const t2i = SIN_144 * bmr - SIN_72 * cmr
      to[o] = ar + ber + cdr
      to[o + 1] = ai + bei + cdi
      to[o + step] = (m1r + t1r) * w1r - (m1i - t1i) * w1i
      to[o + step + 1] = (m1r + t1r) * w1i + (m1i - t1i) * w1r
      to[o + 2 * step] = (m2r + t2r) * w2r - (m2i - t2i) * w2i
      to[o + 2 * step + 1] = (m2r + t2r) * w2i + (m2i - t2i) * w2r
      to[o + 3 * step] = (m2r - t2r) * w3r - (m2i + t2i) * w3i
      to[o + 3 * step + 1] = (m2r - t2r) * w3i + (m2i + t2i) * w3r
      to[o + 4 * step] = (m1r - t1r) * w4r - (m1i + t1i) * w4i
      to[o + 4 * step + 1] = (m1r - t1r) * w4i + (m1i + t1i) * w4r
    }
  }
}
