import {type BandRow, runBand} from './band.js'
import {type Part, reversed} from './part.js'
import type {Workspace} from './workspace.js'

/** Where a part is cut in two so that the errors of both halves are those of the whole. */
export interface Split {
  readonly column: number
  readonly row: number
  readonly leftErrors: number
  readonly rightErrors: number
}

/** A higher limit to try, where a part has more errors than the one tried. */
export interface TooLow {
  readonly nextLimit: number
}

/**
 * Cuts the hypothesis in the middle and the reference at the first place where a best path crosses (D. Hirschberg, "A
 * linear space algorithm for computing maximal common subsequences", 1975): memory for one row instead of the matrix.
 */
export function splitPart(workspace: Workspace, part: Part, limit: number): Split | TooLow {
  const row = part.hypothesis.length >> 1
  const columns = part.reference.length
  const back = runBand(workspace, reversed(part), part.hypothesis.length - row, limit, false)
  if (!back.finished) return {nextLimit: raise(limit, back, part)}
  const right = distances(workspace, back, columns)
  const rightFirst = back.first << 5
  const fore = runBand(workspace, part, row, limit, false)
  if (!fore.finished) return {nextLimit: raise(limit, fore, part)}
  const left = distances(workspace, fore, columns)
  const leftFirst = fore.first << 5
  let best: Split | undefined
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < left.length; i++) {
    const column = leftFirst + i
    const leftErrors = left[i] as number
    const rightErrors = right[columns - column - rightFirst]
    if (rightErrors === undefined || leftErrors + rightErrors >= least) continue
    least = leftErrors + rightErrors
    best = {column, row, leftErrors, rightErrors}
  }
  if (best === undefined) return {nextLimit: raise(limit, fore, part)}
  // Distances in the band are those of real paths, so what was found is a limit that will do.
  return least <= limit ? best : {nextLimit: least}
}

/** From the column before the band's first block to its last. */
function distances({rises, falls}: Workspace, {first, last, score}: BandRow, columns: number): Int32Array {
  const start = first << 5
  const end = Math.min(columns, (last + 1) << 5)
  const row = new Int32Array(end - start + 1)
  row[0] = score
  let at = score
  for (let column = start; column < end; column++) {
    const block = column >> 5
    at += (((rises[block] as number) >>> column) & 1) - (((falls[block] as number) >>> column) & 1)
    row[column - start + 1] = at
  }
  return row
}

/**
 * A guess of the errors of the whole from those of the rows done, at least twice the old limit. A band is given up late, so
 * the guess is rather too high.
 */
function raise(limit: number, {rows}: BandRow, {reference, hypothesis}: Part): number {
  const guess = Math.ceil((limit * hypothesis.length) / Math.max(1, rows)) + 32
  return Math.min(Math.max(reference.length, hypothesis.length), Math.max(2 * limit, guess))
}
