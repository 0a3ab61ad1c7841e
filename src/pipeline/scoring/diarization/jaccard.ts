import {cheapestAssignment} from './assignment.js'
import type {Tally} from './tally.js'

/**
 * The Jaccard error rate of each speaker of the reference who speaks at all: 1 − (both at once) / (either), 1 for one
 * without a partner. The pairing makes the sum smallest (DIHARD II evaluation plan; `metrics.jer` of dscore).
 */
export function jaccardErrors({together, referenceMicros, hypothesisMicros}: Tally): number[] {
  const rates = together.flatMap((row, speaker) => {
    const spoken = referenceMicros[speaker] ?? 0
    return spoken > 0 ? [hypothesisMicros.map((heard, other) => rateOf(spoken, heard, row[other] ?? 0))] : []
  })
  return cheapestAssignment(rates).map((column, row) => rates[row]?.[column] ?? 1)
}

const rateOf = (spoken: number, heard: number, both: number): number =>
  (spoken + heard - 2 * both) / (spoken + heard - both)
