import {runBand} from './band.js'
import type {Part} from './part.js'
import {reserveRows, type Workspace} from './workspace.js'

/** Symbols of a whole reference that are missing in the hypothesis, and of a whole hypothesis that are too many. */
export interface Edits {
  readonly deleted: Uint8Array
  readonly inserted: Uint8Array
}

/** Marks the edits of a part of at most 32 symbols of reference: its whole matrix is one word a row. */
export function traceShort(workspace: Workspace, {reference, hypothesis}: Part, edits: Edits): void {
  const columns = reference.length
  const rows = hypothesis.length
  reserveRows(workspace, rows + 1, rows)
  const {bits, rowRises, rowFalls} = workspace
  for (let i = 0; i < columns; i++) {
    const symbol = reference.symbols[reference.start + i] as number
    bits[symbol] = (bits[symbol] as number) | (1 << i)
  }
  let rise = -1
  let fall = 0
  for (let row = 0; row < rows; row++) {
    const match = bits[hypothesis.symbols[hypothesis.start + row] as number] as number
    const same = ((((match & rise) + rise) | 0) ^ rise) | match | fall
    const up = ((fall | ~(same | rise)) << 1) | 1
    rise = ((same & rise) << 1) | ~(same | up)
    fall = up & same
    rowRises[row] = rise
    rowFalls[row] = fall
  }
  for (let i = 0; i < columns; i++) bits[reference.symbols[reference.start + i] as number] = 0
  let column = columns
  let row = rows
  while (row > 0 && column > 0) {
    if (((rowRises[row - 1] as number) >>> (column - 1)) & 1) {
      column--
      edits.deleted[reference.start + column] = 1
    } else {
      row--
      if (row > 0 && ((rowFalls[row - 1] as number) >>> (column - 1)) & 1) edits.inserted[hypothesis.start + row] = 1
      else column--
    }
  }
  markRest({reference, hypothesis}, column, row, edits)
}

/** Marks the edits of a part of any length that has at most `limit` of them; false, and nothing marked, where it has more. */
export function traceBand(workspace: Workspace, part: Part, limit: number, edits: Edits): boolean {
  const {reference, hypothesis} = part
  const blocks = (reference.length + 31) >> 5
  const width = Math.min(blocks, (limit >> 5) + 3)
  reserveRows(workspace, hypothesis.length + 1, hypothesis.length * width)
  const end = runBand(workspace, part, hypothesis.length, limit, true)
  if (!end.finished || end.last < blocks - 1 || lastDistance(workspace, end, reference.length) > limit) return false
  let column = reference.length
  let row = hypothesis.length
  while (row > 0 && column > 0) {
    if (testBit(workspace, workspace.rowRises, row - 1, column - 1)) {
      column--
      edits.deleted[reference.start + column] = 1
    } else {
      row--
      if (row > 0 && testBit(workspace, workspace.rowFalls, row - 1, column - 1)) {
        edits.inserted[hypothesis.start + row] = 1
      } else column--
    }
  }
  markRest(part, column, row, edits)
  return true
}

/** Distance at the last column. The bits behind it are not part of the matrix. */
function lastDistance(
  {rises, falls}: Workspace,
  end: {first: number; last: number; score: number},
  columns: number,
): number {
  let score = end.score
  for (let column = end.first << 5; column < columns; column++) {
    score += (((rises[column >> 5] as number) >>> column) & 1) - (((falls[column >> 5] as number) >>> column) & 1)
  }
  return score
}

/** Outside the band no step of a best path is taken, so a bit there counts as not set. */
function testBit({rowStarts, rowFirsts}: Workspace, bits: Int32Array, row: number, column: number): boolean {
  const block = (column >> 5) - (rowFirsts[row] as number)
  if (block < 0) return false
  const at = (rowStarts[row] as number) + block
  if (at >= (rowStarts[row + 1] as number)) return false
  return (((bits[at] as number) >>> column) & 1) === 1
}

/** What is left before the first row or the first column. */
function markRest({reference, hypothesis}: Part, column: number, row: number, edits: Edits): void {
  edits.deleted.fill(1, reference.start, reference.start + column)
  edits.inserted.fill(1, hypothesis.start, hypothesis.start + row)
}
