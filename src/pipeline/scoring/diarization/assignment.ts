/**
 * The cheapest way to give every row a column of its own, or every column a row where there are fewer columns: the
 * Hungarian algorithm in O(n³), by shortest augmenting paths with potentials (Jonker and Volgenant 1987, as in
 * scipy's `linear_sum_assignment`).
 *
 * @param costs rows of the same length; numbers of any sign
 * @returns for each row its column, −1 for a row that has none
 */
export function cheapestAssignment(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length
  const columns = costs[0]?.length ?? 0
  if (rows === 0 || columns === 0) return new Array<number>(rows).fill(-1)
  if (rows <= columns) return assignRows(rows, columns, (row, column) => costs[row]?.[column] ?? 0)
  const columnOfRow = new Array<number>(rows).fill(-1)
  for (const [column, row] of assignRows(columns, rows, (a, b) => costs[b]?.[a] ?? 0).entries()) {
    columnOfRow[row] = column
  }
  return columnOfRow
}

/** Rows and columns count from 1 inside, 0 is the free one: the state of the algorithm stays free of special cases. */
function assignRows(rows: number, columns: number, cost: (row: number, column: number) => number): number[] {
  const rowPotential = new Float64Array(rows + 1)
  const columnPotential = new Float64Array(columns + 1)
  const rowOf = new Int32Array(columns + 1)
  for (let row = 1; row <= rows; row++) {
    rowOf[0] = row
    const {end, previous} = shortestPath(columns, cost, {rowPotential, columnPotential, rowOf})
    for (let column = end; column !== 0; ) {
      const before = previous[column] ?? 0
      rowOf[column] = rowOf[before] ?? 0
      column = before
    }
  }
  const columnOf = new Array<number>(rows).fill(-1)
  for (let column = 1; column <= columns; column++) {
    const row = rowOf[column] ?? 0
    if (row > 0) columnOf[row - 1] = column - 1
  }
  return columnOf
}

interface State {
  readonly rowPotential: Float64Array
  readonly columnPotential: Float64Array
  /** The row of each column, 0 for a free one; of column 0, the row that is to be placed. */
  readonly rowOf: Int32Array
}

/** From the row at column 0 to the nearest free column; adjusts the potentials on the way. */
function shortestPath(columns: number, cost: (row: number, column: number) => number, state: State) {
  const {rowPotential, columnPotential, rowOf} = state
  const distance = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY)
  const previous = new Int32Array(columns + 1)
  const done = new Uint8Array(columns + 1)
  let at = 0
  while (rowOf[at] !== 0) {
    done[at] = 1
    const row = rowOf[at] ?? 0
    let nearest = 0
    let step = Number.POSITIVE_INFINITY
    for (let column = 1; column <= columns; column++) {
      if (done[column] === 1) continue
      const reduced = cost(row - 1, column - 1) - (rowPotential[row] ?? 0) - (columnPotential[column] ?? 0)
      if (reduced < (distance[column] ?? 0)) {
        distance[column] = reduced
        previous[column] = at
      }
      if ((distance[column] ?? 0) < step) {
        step = distance[column] ?? 0
        nearest = column
      }
    }
    for (let column = 0; column <= columns; column++) {
      if (done[column] === 1) {
        const owner = rowOf[column] ?? 0
        rowPotential[owner] = (rowPotential[owner] ?? 0) + step
        columnPotential[column] = (columnPotential[column] ?? 0) - step
      } else distance[column] = (distance[column] ?? 0) - step
    }
    at = nearest
  }
  return {end: at, previous}
}
