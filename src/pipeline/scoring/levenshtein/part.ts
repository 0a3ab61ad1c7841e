/** A stretch of symbols, read forwards (`step` 1) or backwards (`step` −1 from its last symbol). */
export interface Stretch {
  readonly symbols: Int32Array
  readonly start: number
  readonly step: 1 | -1
  readonly length: number
}

/** A part of a reference and the part of the hypothesis that is aligned with it. */
export interface Part {
  readonly reference: Stretch
  readonly hypothesis: Stretch
}

const turn = ({symbols, start, step, length}: Stretch): Stretch => ({
  symbols,
  start: start + step * (length - 1),
  step: step === 1 ? -1 : 1,
  length,
})

/** The same part read from its end. */
export const reversed = ({reference, hypothesis}: Part): Part => ({
  reference: turn(reference),
  hypothesis: turn(hypothesis),
})

/** From `from` (counted in the stretch) to before `to`. */
const slice = (stretch: Stretch, from: number, to: number): Stretch => ({
  ...stretch,
  start: stretch.start + stretch.step * from,
  length: to - from,
})

/** The part before, and the part behind, a place of the reference and one of the hypothesis. */
export function cut({reference, hypothesis}: Part, column: number, row: number): [Part, Part] {
  return [
    {reference: slice(reference, 0, column), hypothesis: slice(hypothesis, 0, row)},
    {
      reference: slice(reference, column, reference.length),
      hypothesis: slice(hypothesis, row, hypothesis.length),
    },
  ]
}

/** Without the symbols that both sides begin with, then without those that both end with. */
export function withoutCommonEnds({reference, hypothesis}: Part): Part {
  const {symbols: a, start: aStart} = reference
  const {symbols: b, start: bStart} = hypothesis
  const shorter = Math.min(reference.length, hypothesis.length)
  let head = 0
  while (head < shorter && a[aStart + head] === b[bStart + head]) head++
  const aEnd = aStart + reference.length - 1
  const bEnd = bStart + hypothesis.length - 1
  let tail = 0
  while (tail < shorter - head && a[aEnd - tail] === b[bEnd - tail]) tail++
  return {
    reference: slice(reference, head, reference.length - tail),
    hypothesis: slice(hypothesis, head, hypothesis.length - tail),
  }
}
