/** A monotonic path through a cost matrix: row and column of every step, from the first cell to the last. */
export interface WarpingPath {
  readonly rows: readonly number[]
  readonly columns: readonly number[]
}

const DIAGONAL = 0
const UP = 1
const LEFT = 2

/**
 * Dynamic time warping over `cost` [rows × columns], row-major: the path of least total cost. Ties fall as in
 * openai/whisper's `dtw_cpu`, so that paths are the same.
 */
export function dynamicTimeWarping(cost: Float32Array, rows: number, columns: number): WarpingPath {
  const width = columns + 1
  const total = new Float64Array((rows + 1) * width).fill(Number.POSITIVE_INFINITY)
  const trace = new Uint8Array((rows + 1) * width)
  total[0] = 0
  for (let i = 1; i <= rows; i++) {
    for (let j = 1; j <= columns; j++) {
      const diagonal = total[(i - 1) * width + j - 1] as number
      const up = total[(i - 1) * width + j] as number
      const left = total[i * width + j - 1] as number
      let least = left
      let step = LEFT
      if (diagonal < up && diagonal < left) {
        least = diagonal
        step = DIAGONAL
      } else if (up < diagonal && up < left) {
        least = up
        step = UP
      }
      total[i * width + j] = (cost[(i - 1) * columns + j - 1] as number) + least
      trace[i * width + j] = step
    }
  }
  return backtrace(trace, rows, columns)
}

function backtrace(trace: Uint8Array, rows: number, columns: number): WarpingPath {
  const path = {rows: [] as number[], columns: [] as number[]}
  let [i, j] = [rows, columns]
  while (i > 0 || j > 0) {
    path.rows.push(i - 1)
    path.columns.push(j - 1)
    const step = i === 0 ? LEFT : j === 0 ? UP : trace[i * (columns + 1) + j]
    if (step !== LEFT) i--
    if (step !== UP) j--
  }
  path.rows.reverse()
  path.columns.reverse()
  return path
}
