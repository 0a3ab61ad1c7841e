/** Complex values: real parts and imaginary parts. */
export interface Complex {
  readonly re: Float64Array
  readonly im: Float64Array
}

export const complexZeros = (size: number): Complex => ({re: new Float64Array(size), im: new Float64Array(size)})

/** `forward` leaves its result in digit-reversed order, which `backward` takes: a product in between needs no sorting. */
export interface Transform {
  readonly size: number
  forward(values: Complex): void
  /** Without the division by the size. */
  backward(values: Complex): void
}

/** Radix 4, with a last step of radix 2 where the size, a power of two, is none of four. */
export function createTransform(size: number): Transform {
  const stages: Stage[] = []
  for (let span = size; span >= 4; span /= 4) stages.push({span, twiddles: twiddlesOf(span)})
  const isOdd = Math.log2(size) % 2 === 1
  return {
    size,
    forward(values) {
      for (const stage of stages) splitStage(values, stage)
      if (isOdd) pairs(values)
    },
    backward(values) {
      if (isOdd) pairs(values)
      for (let at = stages.length - 1; at >= 0; at--) joinStage(values, stages[at] as Stage)
    },
  }
}

interface Stage {
  /** Values that belong together. */
  readonly span: number
  /** cos and sin of 2πj ∕ span, of twice and of three times that, for each j below span ∕ 4. */
  readonly twiddles: Float64Array
}

function twiddlesOf(span: number): Float64Array {
  const twiddles = new Float64Array((6 * span) / 4)
  for (let j = 0; j < span / 4; j++) {
    for (let k = 1; k <= 3; k++) {
      const angle = (2 * Math.PI * j * k) / span
      twiddles[6 * j + 2 * k - 2] = Math.cos(angle)
      twiddles[6 * j + 2 * k - 1] = Math.sin(angle)
    }
  }
  return twiddles
}

/** Decimation in frequency (Gentleman and Sande). */
function splitStage({re, im}: Complex, {span, twiddles}: Stage): void {
  const quarter = span / 4
  for (let group = 0; group < re.length; group += span) {
    let t = 0
    for (let p0 = group; p0 < group + quarter; p0++, t += 6) {
      const p1 = p0 + quarter
      const p2 = p1 + quarter
      const p3 = p2 + quarter
      const ar = re[p0] as number
      const ai = im[p0] as number
      const br = re[p1] as number
      const bi = im[p1] as number
      const cr = re[p2] as number
      const ci = im[p2] as number
      const dr = re[p3] as number
      const di = im[p3] as number
      const acr = ar + cr
      const aci = ai + ci
      const bdr = br + dr
      const bdi = bi + di
      const xr = ar - cr + (bi - di)
      const xi = ai - ci - (br - dr)
      const yr = acr - bdr
      const yi = aci - bdi
      const zr = ar - cr - (bi - di)
      const zi = ai - ci + (br - dr)
      const c1 = twiddles[t] as number
      const s1 = twiddles[t + 1] as number
      const c2 = twiddles[t + 2] as number
      const s2 = twiddles[t + 3] as number
      const c3 = twiddles[t + 4] as number
      const s3 = twiddles[t + 5] as number
      re[p0] = acr + bdr
      im[p0] = aci + bdi
      re[p1] = xr * c1 + xi * s1
      im[p1] = xi * c1 - xr * s1
      re[p2] = yr * c2 + yi * s2
      im[p2] = yi * c2 - yr * s2
      re[p3] = zr * c3 + zi * s3
      im[p3] = zi * c3 - zr * s3
    }
  }
}

/** Decimation in time (Cooley and Tukey): undoes {@link splitStage}, times 4. */
function joinStage({re, im}: Complex, {span, twiddles}: Stage): void {
  const quarter = span / 4
  for (let group = 0; group < re.length; group += span) {
    let t = 0
    for (let p0 = group; p0 < group + quarter; p0++, t += 6) {
      const p1 = p0 + quarter
      const p2 = p1 + quarter
      const p3 = p2 + quarter
      const c1 = twiddles[t] as number
      const s1 = twiddles[t + 1] as number
      const c2 = twiddles[t + 2] as number
      const s2 = twiddles[t + 3] as number
      const c3 = twiddles[t + 4] as number
      const s3 = twiddles[t + 5] as number
      const xr = (re[p1] as number) * c1 - (im[p1] as number) * s1
      const xi = (im[p1] as number) * c1 + (re[p1] as number) * s1
      const yr = (re[p2] as number) * c2 - (im[p2] as number) * s2
      const yi = (im[p2] as number) * c2 + (re[p2] as number) * s2
      const zr = (re[p3] as number) * c3 - (im[p3] as number) * s3
      const zi = (im[p3] as number) * c3 + (re[p3] as number) * s3
      const ar = re[p0] as number
      const ai = im[p0] as number
      const ayr = ar + yr
      const ayi = ai + yi
      const amr = ar - yr
      const ami = ai - yi
      const xzr = xr + zr
      const xzi = xi + zi
      const xmr = xr - zr
      const xmi = xi - zi
      re[p0] = ayr + xzr
      im[p0] = ayi + xzi
      re[p1] = amr - xmi
      im[p1] = ami + xmr
      re[p2] = ayr - xzr
      im[p2] = ayi - xzi
      re[p3] = amr + xmi
      im[p3] = ami - xmr
    }
  }
}

function pairs({re, im}: Complex): void {
  for (let p = 0; p < re.length; p += 2) {
    const ar = re[p] as number
    const ai = im[p] as number
    const br = re[p + 1] as number
    const bi = im[p + 1] as number
    re[p] = ar + br
    im[p] = ai + bi
    re[p + 1] = ar - br
    im[p + 1] = ai - bi
  }
}
