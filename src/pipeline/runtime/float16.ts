/** Half-precision bit patterns to floats; exact, since every half is a float. NaN payloads are kept. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const floats = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) floats[i] = FLOAT_OF_HALF[bits[i] as number] as number
  return new Float32Array(floats.buffer)
}

/** Floats to half-precision bit patterns, rounded half to even; beyond 65,519.99… becomes infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < words.length; i++) halves[i] = halfOfFloat(words[i] as number)
  return halves
}

/** The bit pattern of a float for each of the 65,536 halves: one look-up is quicker than taking a half apart. */
const FLOAT_OF_HALF = Uint32Array.from({length: 65_536}, (_, half) => floatOfHalf(half))

function floatOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 31) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0
  if (mantissa === 0) return sign >>> 0
  // Subnormal: shift the leading one out and lower the exponent by as much.
  const shift = Math.clz32(mantissa) - 21
  return (sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)) >>> 0
}

const INFINITY = 0x7f800000
/** 65,520: half-way between the largest half and the next step, which rounds to infinity. */
const OVERFLOW = 0x477ff000
/** 2^-14, the smallest normal half. */
const SMALLEST_NORMAL = 0x38800000

function halfOfFloat(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  // The quiet bit keeps a NaN a NaN when the rest of its payload is shifted away.
  if (magnitude > INFINITY) return sign | 0x7e00 | ((magnitude >> 13) & 0x1ff)
  if (magnitude >= OVERFLOW) return sign | 0x7c00
  if (magnitude < SMALLEST_NORMAL) return sign | subnormalHalf(magnitude)
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - (112 << 23) + 0xfff + odd) >>> 13)
}

function subnormalHalf(magnitude: number): number {
  const exponent = magnitude >>> 23
  if (exponent < 102) return 0
  const mantissa = (magnitude & 0x7fffff) | 0x800000
  const shift = 126 - exponent
  const kept = mantissa >>> shift
  const rest = mantissa & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0)
}
