/** Uniform numbers in [0, 1). */
export type Random = () => number

/**
 * A generator that depends on nothing but its keys, so that a sampled result is the same whatever else is decoded beside
 * it (sfc32, by C. Doty-Humphrey's PractRand, seeded with FNV-1a over the keys).
 */
export function seededRandom(...keys: readonly (number | string)[]): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, fnv1a(keys.join('\u0000')), 1]
  const next = () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}
