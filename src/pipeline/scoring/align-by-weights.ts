import type {AlignmentWeights} from './align-words.js'

/** Cells of one stretch of rows whose steps are kept at a time, one byte each. */
const KEPT_CELLS = 1 << 24

const SUBSTITUTION = 0
const DELETION = 1
const INSERTION = 2

/** A band of the matrix of costs: in row `i` (symbols of reference) the columns (symbols of hypothesis) from `i − left`. */
interface Band {
  readonly reference: Int32Array
  readonly hypothesis: Int32Array
  readonly weights: AlignmentWeights
  readonly left: number
  readonly width: number
}

/**
 * The operations of the cheapest alignment. Ties fall as in sclite (SCTK, net_dp.c): a pair of symbols is taken where it
 * costs no more than the other two, else a deletion where it is cheaper than an insertion, else an insertion.
 *
 * Only the band of the matrix is computed in which a path of so much cost can run; the band is widened until it holds the
 * cheapest path. Choices along that path are then those of the whole matrix. Rows are computed twice, and of the first
 * time only few are kept, so memory grows with the lengths.
 */
export function alignByWeights(reference: Int32Array, hypothesis: Int32Array, weights: AlignmentWeights): string {
  const unit = Math.min(weights.deletion, weights.insertion)
  const most = reference.length + hypothesis.length
  let shifts = Math.min(most, Math.abs(reference.length - hypothesis.length) + 64)
  for (;;) {
    const band = bandOf(reference, hypothesis, weights, shifts)
    const rows = Math.max(1, Math.floor(KEPT_CELLS / band.width))
    const {cost, saved} = sweep(band, rows)
    if (cost <= shifts * unit || shifts >= most) return traceBack(band, rows, saved)
    shifts = Math.min(most, Math.max(2 * shifts, Math.ceil(Math.min(cost / unit, 4 * shifts))))
  }
}

/** `shifts`: insertions and deletions that a path may have. */
function bandOf(reference: Int32Array, hypothesis: Int32Array, weights: AlignmentWeights, shifts: number): Band {
  const surplus = hypothesis.length - reference.length
  const left = Math.min(reference.length, (shifts - surplus) >> 1)
  const right = Math.min(hypothesis.length, (shifts + surplus) >> 1)
  return {reference, hypothesis, weights, left, width: left + right + 1}
}

/** The cost of the cheapest path in the band, and every so many rows one to begin again from. */
function sweep(band: Band, rows: number): {cost: number; saved: Float64Array[]} {
  const {reference, hypothesis, left, width} = band
  let row = firstRow(band)
  let next = new Float64Array(width)
  const saved = [row.slice()]
  for (let i = 1; i <= reference.length; i++) {
    computeRow(band, i, row, next, undefined, 0)
    ;[row, next] = [next, row]
    if (i % rows === 0) saved.push(row.slice())
  }
  return {cost: row[hypothesis.length - reference.length + left] as number, saved}
}

function firstRow({hypothesis, weights, left, width}: Band) {
  const row = new Float64Array(width).fill(Number.POSITIVE_INFINITY)
  for (let j = 0; j <= hypothesis.length && j + left < width; j++) row[j + left] = j * weights.insertion
  return row
}

/** Row `i` from the row before it; with `steps`, also how each of its cells is reached. */
function computeRow(
  {reference, hypothesis, weights, left, width}: Band,
  i: number,
  before: Float64Array,
  row: Float64Array,
  steps: Uint8Array | undefined,
  stepsAt: number,
): void {
  const {substitution, deletion, insertion} = weights
  const symbol = reference[i - 1]
  let inserted = Number.POSITIVE_INFINITY
  for (let k = 0; k < width; k++) {
    const j = i - left + k
    if (j < 0 || j > hypothesis.length) {
      row[k] = Number.POSITIVE_INFINITY
      continue
    }
    const paired =
      j === 0 ? Number.POSITIVE_INFINITY : (before[k] as number) + (symbol === hypothesis[j - 1] ? 0 : substitution)
    const deleted = k + 1 < width ? (before[k + 1] as number) + deletion : Number.POSITIVE_INFINITY
    let cost = inserted
    let step = INSERTION
    if (paired <= deleted && paired <= inserted) {
      cost = paired
      step = SUBSTITUTION
    } else if (deleted < inserted) {
      cost = deleted
      step = DELETION
    }
    row[k] = cost
    inserted = cost + insertion
    if (steps !== undefined) steps[stepsAt + k] = step
  }
}

function traceBack(band: Band, rows: number, saved: readonly Float64Array[]): string {
  const {reference, hypothesis, left, width} = band
  const operations: string[] = []
  let i = reference.length
  let j = hypothesis.length
  while (i > 0) {
    const start = Math.floor((i - 1) / rows) * rows
    const steps = stepsOf(band, start, i, saved[start / rows] as Float64Array)
    while (i > start && i > 0) {
      const step = j === 0 ? DELETION : steps[(i - start - 1) * width + (j - i + left)]
      if (step === SUBSTITUTION) operations.push(reference[i - 1] === hypothesis[j - 1] ? '=' : 'S')
      else operations.push(step === DELETION ? 'D' : 'I')
      if (step !== INSERTION) i--
      if (step !== DELETION) j--
    }
  }
  while (j-- > 0) operations.push('I')
  return operations.reverse().join('')
}

/** How the cells of the rows from `start + 1` to `end` are reached. */
function stepsOf(band: Band, start: number, end: number, before: Float64Array): Uint8Array {
  const steps = new Uint8Array((end - start) * band.width)
  let row = before.slice()
  let next = new Float64Array(band.width)
  for (let i = start + 1; i <= end; i++) {
    computeRow(band, i, row, next, steps, (i - start - 1) * band.width)
    ;[row, next] = [next, row]
  }
  return steps
}
