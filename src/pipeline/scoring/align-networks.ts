import type {AlignmentWeights} from './align-words.js'
import {countOperations} from './align-words.js'
import type {WordAlignment} from './utterance-score.js'
import type {NetworkArc, WordNetwork} from './word-network.js'

/** What sclite takes for leaving out, or putting in, a word that is nothing (`@`). */
const NOTHING_COST = Math.fround(0.001)
/** sclite's 2 of 3: what leaving out an optional word costs, as a share of a deletion. It is counted as right. */
const OPTIONAL_SHARE = 2 / 3

interface Matrix {
  readonly costs: Float32Array
  readonly backRows: Int32Array
  readonly backColumns: Int32Array
  readonly width: number
}

/**
 * Finds the readings of both sides that fit together best, and aligns them, as sclite does (SCTK, net_dp.c), to the same
 * ties: costs are added up in 32-bit floating point, as there. A word marked as optional that is missing on the other side
 * counts as right, and stands against an empty word. Time and memory grow with the product of the lengths.
 */
export function alignNetworks(
  reference: WordNetwork,
  hypothesis: WordNetwork,
  weights: AlignmentWeights,
): WordAlignment {
  const matrix = fill(reference.arcs, hypothesis.arcs, weights)
  const [row, column] = best(matrix, reference.last, hypothesis.last)
  return traceBack(matrix, reference.arcs, hypothesis.arcs, row, column)
}

function fill(rows: readonly NetworkArc[], columns: readonly NetworkArc[], weights: AlignmentWeights): Matrix {
  const width = columns.length
  const size = rows.length * width
  const costs = new Float32Array(size)
  const matrix = {costs, backRows: new Int32Array(size), backColumns: new Int32Array(size), width}
  for (const [i, a] of rows.entries()) {
    for (const [j, b] of columns.entries()) {
      if (i === 0 && j === 0) continue
      const at = i * width + j
      const insertion = j === 0 ? NONE : step(matrix, [i], b.before, missingCost(b, weights.insertion))
      const deletion = i === 0 ? NONE : step(matrix, a.before, [j], missingCost(a, weights.deletion))
      const pair = i === 0 || j === 0 ? NONE : step(matrix, a.before, b.before, pairCost(a, b, weights))
      const choice =
        pair.cost <= deletion.cost && pair.cost <= insertion.cost
          ? pair
          : deletion.cost < insertion.cost
            ? deletion
            : insertion
      costs[at] = choice.cost
      matrix.backRows[at] = choice.row
      matrix.backColumns[at] = choice.column
    }
  }
  return matrix
}

const NONE = {cost: Number.POSITIVE_INFINITY, row: 0, column: 0}

/** From the cheapest of the cells before, the first of them where several are. */
function step(matrix: Matrix, rows: readonly number[], columns: readonly number[], cost: number) {
  const [row, column] = best(matrix, rows, columns)
  return {cost: Math.fround((matrix.costs[row * matrix.width + column] as number) + cost), row, column}
}

function best({costs, width}: Matrix, rows: readonly number[], columns: readonly number[]): [number, number] {
  let found: [number, number] = [0, 0]
  let least = Number.POSITIVE_INFINITY
  for (const row of rows) {
    for (const column of columns) {
      const cost = costs[row * width + column] as number
      if (cost >= least) continue
      least = cost
      found = [row, column]
    }
  }
  return found
}

function missingCost({word, optional}: NetworkArc, cost: number): number {
  if (word === '') return NOTHING_COST
  return Math.fround(optional ? cost * OPTIONAL_SHARE : cost)
}

function pairCost(a: NetworkArc, b: NetworkArc, {substitution}: AlignmentWeights): number {
  if (a.word === '' && b.word === '') return 1
  // A word is not taken for nothing: it would count as one of the reference. sclite's weights never come to that.
  if (a.word === '' || b.word === '') return Number.POSITIVE_INFINITY
  return a.word === b.word ? 0 : substitution
}

function traceBack(
  {backRows, backColumns, width}: Matrix,
  rows: readonly NetworkArc[],
  columns: readonly NetworkArc[],
  lastRow: number,
  lastColumn: number,
): WordAlignment {
  const reference: string[] = []
  const hypothesis: string[] = []
  const operations: string[] = []
  let [i, j] = [lastRow, lastColumn]
  while (i > 0 || j > 0) {
    const at = i * width + j
    const a = i === backRows[at] ? undefined : rows[i]
    const b = j === backColumns[at] ? undefined : columns[j]
    const operation = operationOf(a, b)
    if (operation !== undefined) {
      operations.push(operation)
      if (operation !== 'I') reference.push(a?.word ?? '')
      if (operation !== 'D') hypothesis.push(b?.word ?? '')
    }
    i = backRows[at] as number
    j = backColumns[at] as number
  }
  const text = operations.reverse().join('')
  return {
    reference: reference.reverse(),
    hypothesis: hypothesis.reverse(),
    operations: text,
    counts: countOperations(text),
  }
}

function operationOf(a: NetworkArc | undefined, b: NetworkArc | undefined): '=' | 'S' | 'D' | 'I' | undefined {
  if (a !== undefined && b !== undefined) {
    if (a.word === '' && b.word === '') return undefined
    return a.word === b.word ? '=' : 'S'
  }
  const only = a ?? b
  if (only === undefined || only.word === '') return undefined
  if (only.optional) return '='
  return a === undefined ? 'I' : 'D'
}
