import {createAligner} from '../align-words.js'
import {addCounts, type ErrorCounts, errorsOf, NO_ERRORS} from '../error-counts.js'
import {cheapestAssignment} from './assignment.js'

/** The words of each speaker of one session, in the order in which they were said. */
export type SpeakerWords = ReadonlyMap<string, readonly string[]>

/** `null` where one side has no speaker for the other. */
export interface Assigned {
  readonly reference: string | null
  readonly hypothesis: string | null
}

export interface CpErrors {
  readonly words: ErrorCounts
  readonly assignment: readonly Assigned[]
}

/**
 * The errors behind the concatenated minimum-permutation WER of one session (Watanabe et al. 2020): speakers are paired
 * so that the fewest words are wrong. A speaker without a partner is wholly deleted or inserted, as in meeteval.
 */
export function cpErrors(reference: SpeakerWords, hypothesis: SpeakerWords): CpErrors {
  const spoken = [...reference]
  const heard = [...hypothesis]
  const size = Math.max(spoken.length, heard.length)
  const align = createAligner()
  const counts = Array.from({length: size}, (_, row) =>
    Array.from({length: size}, (_, column) => align(spoken[row]?.[1] ?? [], heard[column]?.[1] ?? []).counts),
  )
  const columnOf = cheapestAssignment(counts.map(row => row.map(errorsOf)))
  return {
    words: columnOf.reduce((sum, column, row) => addCounts(sum, counts[row]?.[column] ?? NO_ERRORS), NO_ERRORS),
    assignment: columnOf.map((column, row) => ({
      reference: spoken[row]?.[0] ?? null,
      hypothesis: heard[column]?.[0] ?? null,
    })),
  }
}
