/** Amplitude ratio to decibels; 0 gives −∞. */
export function toDecibels(ratio: number): number {
  return 20 * Math.log10(ratio)
}

/** Decibels to an amplitude ratio. */
export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20)
}
