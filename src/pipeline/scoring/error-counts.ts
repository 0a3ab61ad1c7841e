/** What an alignment of a hypothesis with its reference counts, in words or in characters. */
export interface ErrorCounts {
  readonly hits: number
  readonly substitutions: number
  readonly deletions: number
  readonly insertions: number
}

export const NO_ERRORS: ErrorCounts = {hits: 0, substitutions: 0, deletions: 0, insertions: 0}

export const errorsOf = ({substitutions, deletions, insertions}: ErrorCounts): number =>
  substitutions + deletions + insertions

/** Words (or characters) of the reference. */
export const referenceLength = ({hits, substitutions, deletions}: ErrorCounts): number =>
  hits + substitutions + deletions

/** Words (or characters) of the hypothesis. */
export const hypothesisLength = ({hits, substitutions, insertions}: ErrorCounts): number =>
  hits + substitutions + insertions

export function addCounts(a: ErrorCounts, b: ErrorCounts): ErrorCounts {
  return {
    hits: a.hits + b.hits,
    substitutions: a.substitutions + b.substitutions,
    deletions: a.deletions + b.deletions,
    insertions: a.insertions + b.insertions,
  }
}
