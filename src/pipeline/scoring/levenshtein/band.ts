import {forgetMatches, noteMatches} from './match-lines.js'
import type {Part} from './part.js'
import type {Workspace} from './workspace.js'

/** Rows between two looks at which blocks of the band are still of use. */
const LOOK_ROWS = 32

/** Where a pass through the matrix of distances has come to. */
export interface BandRow {
  /** Rows done; fewer than asked for where every cell of the band is known to cost more than the limit. */
  readonly rows: number
  readonly finished: boolean
  /** Blocks of 32 columns in the band. */
  readonly first: number
  readonly last: number
  /** Distance in the column before the first block. */
  readonly score: number
}

/**
 * The matrix of edit distances of a part, row by row (a row for each symbol of the hypothesis, a column for each of the
 * reference), 32 columns at a time: the bit-parallel recurrence of G. Myers, "A fast bit-vector algorithm for approximate
 * string matching" (J. ACM 46, 1999), in the form of H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and
 * Damerau edit distances" (2003). Only the band of cells is computed through which a path of at most `limit` errors can
 * run (E. Ukkonen, 1985). Cells on such a path come out exact, the others never too small; so a limit that proves too low
 * is noticed, and choices made along a best path are those of the whole matrix.
 *
 * With `keep`, every row is kept in the workspace for tracing back.
 */
export function runBand(workspace: Workspace, part: Part, stopRow: number, limit: number, keep: boolean): BandRow {
  const {rises, falls} = workspace
  const {reference, hypothesis} = part
  const columns = reference.length
  const blocks = (columns + 31) >> 5
  const delta = columns - hypothesis.length
  const lowest = -((limit - delta) >> 1) - 1
  const highest = ((limit + delta) >> 1) - 1
  noteMatches(workspace, part)
  let first = 0
  let last = -1
  let ceiling = blocks - 1
  let score = 0
  let row = 0
  let kept = 0
  let finished = true
  while (row < stopRow) {
    const symbol = hypothesis.symbols[hypothesis.start + hypothesis.step * row] as number
    row++
    const firstNow = (row + lowest) >> 5
    for (; first < firstNow; first++) score += bitCount(rises[first] as number) - bitCount(falls[first] as number)
    const lastNow = Math.min(ceiling, (row + highest) >> 5)
    while (last < lastNow) {
      last++
      rises[last] = -1
      falls[last] = 0
    }
    advanceRow(workspace, symbol, first, last)
    score++
    if (keep) kept = keepRow(workspace, row - 1, kept, first, last)
    if (row % LOOK_ROWS !== 0) continue
    const use = usefulBlocks(workspace, first, last, score, row, delta, limit)
    if (use === undefined) {
      finished = false
      break
    }
    for (; first < use.first; first++) score += bitCount(rises[first] as number) - bitCount(falls[first] as number)
    // Until the next look a path can move at most LOOK_ROWS + 1 columns to the right of what is of use now.
    ceiling = Math.min(blocks - 1, use.last + 2)
    if (last > ceiling) last = ceiling
  }
  forgetMatches(workspace, part)
  return {rows: row, finished: finished && first <= last, first, last, score}
}

function advanceRow(workspace: Workspace, symbol: number, first: number, last: number): void {
  const {matches, heads, nexts} = workspace
  const line = workspace.lines[symbol] as number
  if (line > 0) {
    advance(workspace, line, first, last)
    return
  }
  const end = (last + 1) << 5
  let place = heads[symbol] as number
  // The band only moves to the right: places before it are not needed again.
  while (place < first << 5) place = nexts[place] as number
  heads[symbol] = place
  for (let at = place; at < end; at = nexts[at] as number) matches[at >> 5] = (matches[at >> 5] as number) | (1 << at)
  advance(workspace, 0, first, last)
  for (let at = place; at < end; at = nexts[at] as number) matches[at >> 5] = 0
}

/** One row of the recurrence over the blocks from `first` to `last`. */
function advance({rises, falls, matches}: Workspace, line: number, first: number, last: number): void {
  let riseIn = 1
  let fallIn = 0
  for (let block = first; block <= last; block++) {
    const rise = rises[block] as number
    const fall = falls[block] as number
    const match = (matches[line + block] as number) | fallIn
    const same = ((((match & rise) + rise) | 0) ^ rise) | match | fall
    const up = fall | ~(same | rise)
    const down = same & rise
    const upIn = (up << 1) | riseIn
    rises[block] = (down << 1) | fallIn | ~(same | upIn)
    falls[block] = upIn & same
    riseIn = up >>> 31
    fallIn = down >>> 31
  }
}

/**
 * The first and the last block with a cell that a path of at most `limit` errors may run through, by a bound from the
 * distances at both edges of the block; undefined where there is none.
 */
function usefulBlocks(
  {rises, falls}: Workspace,
  first: number,
  last: number,
  score: number,
  row: number,
  delta: number,
  limit: number,
): {first: number; last: number} | undefined {
  let useFirst = -1
  let useLast = -1
  let left = score
  for (let block = first; block <= last; block++) {
    const right = left + bitCount(rises[block] as number) - bitCount(falls[block] as number)
    // The column before the first block, where every hypothesis symbol is an insertion, belongs to block 0.
    const lowDiagonal = (block << 5) + (block === 0 ? 0 : 1) - row
    const highDiagonal = (block << 5) + 32 - row
    const rest = delta < lowDiagonal ? lowDiagonal - delta : delta > highDiagonal ? delta - highDiagonal : 0
    if ((left + right - 32) / 2 + rest <= limit) {
      if (useFirst < 0) useFirst = block
      useLast = block
    }
    left = right
  }
  return useFirst < 0 ? undefined : {first: useFirst, last: useLast}
}

function keepRow(workspace: Workspace, row: number, kept: number, first: number, last: number): number {
  const {rises, falls, rowRises, rowFalls} = workspace
  workspace.rowStarts[row] = kept
  workspace.rowFirsts[row] = first
  for (let block = first; block <= last; block++, kept++) {
    rowRises[kept] = rises[block] as number
    rowFalls[kept] = falls[block] as number
  }
  workspace.rowStarts[row + 1] = kept
  return kept
}

export function bitCount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555)
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333)
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
