/** Stretches of a stream to leave out, in samples: from `from` (inclusive) to `to` (exclusive). */
export interface Cut {
  readonly from: number
  readonly to: number
}

/**
 * Cuts stretches out of a stream of samples. They are in order and do not overlap.
 *
 * @returns what is left of the next samples, in pieces
 */
export function createTrimmer(cuts: readonly Cut[]) {
  let position = 0
  return (channels: readonly Float32Array[]): (readonly Float32Array[])[] => {
    const begin = position
    position += channels[0]?.length ?? 0
    const kept: (readonly Float32Array[])[] = []
    let from = begin
    for (const cut of [...cuts, {from: position, to: position}]) {
      const to = Math.min(cut.from, position)
      if (to > from) kept.push(channels.map(samples => samples.subarray(from - begin, to - begin)))
      from = Math.max(from, cut.to)
    }
    return kept
  }
}
