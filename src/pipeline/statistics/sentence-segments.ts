/** Errors of two systems in a stretch of speech. */
export interface SegmentErrors {
  readonly first: number
  readonly second: number
}

/** Words in a row that both systems must have right for a segment to end: as NIST's `sc_stats`. */
const GOOD_WORDS = 2

/**
 * Cuts an utterance into segments whose errors are independent of each other: each begins with an error of either system
 * and ends where both have had two words right in a row (L. Gillick, S. Cox: Some statistical issues in the comparison of
 * speech recognition algorithms, ICASSP 1989; NIST SCTK, `mtchprs.c`). Stretches without errors are no segments.
 *
 * @param first operations (`=`, `S`, `D`, `I`) of the alignment of the first system
 * @param second those of the second, of the same reference
 * @returns undefined where the references differ in length
 */
export function sentenceSegments(first: string, second: string): readonly SegmentErrors[] | undefined {
  const [a, b] = [slotsOf(first), slotsOf(second)]
  if (a.length !== b.length) return undefined
  const segments: SegmentErrors[] = []
  let open: SegmentErrors | undefined
  let good = 0
  for (const [index, slotA] of a.entries()) {
    const slotB = b[index] ?? slotA
    if (slotA.insertions + slotB.insertions > 0) {
      open = addErrors(open, slotA.insertions, slotB.insertions)
      good = 0
    }
    if (slotA.wrong + slotB.wrong > 0) {
      open = addErrors(open, slotA.wrong, slotB.wrong)
      good = 0
    } else if (open && ++good === GOOD_WORDS) {
      segments.push(open)
      open = undefined
      good = 0
    }
  }
  return open ? [...segments, open] : segments
}

const addErrors = (open: SegmentErrors | undefined, first: number, second: number): SegmentErrors => ({
  first: (open?.first ?? 0) + first,
  second: (open?.second ?? 0) + second,
})

/** A word of the reference: whether it is wrong (1) or right (0), and the insertions before it. */
interface Slot {
  readonly insertions: number
  readonly wrong: number
}

/** One for each word of the reference, and one for the end with the insertions after the last word. */
function slotsOf(operations: string): Slot[] {
  const slots: Slot[] = []
  let insertions = 0
  for (const operation of operations) {
    if (operation === 'I') {
      insertions++
      continue
    }
    slots.push({insertions, wrong: operation === '=' ? 0 : 1})
    insertions = 0
  }
  return [...slots, {insertions, wrong: 0}]
}
