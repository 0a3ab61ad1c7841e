import type {Tensor} from 'onnxruntime-node'
import {type Numbers, numbersOf, tensorLike} from './rows.js'

/** Where the rows of some windows stand between two runs of the loop. A window has `group` rows, one after the other. */
export interface LoopState {
  readonly group: number
  /** Columns of the cache. `tokens` has one more. */
  readonly columns: number
  /** Column of each window's first token: the cache is filled up on the left. */
  readonly starts: readonly number[]
  /** Keys and values, [rows, heads, columns, size]. */
  readonly cache: ReadonlyMap<string, Tensor>
  /** [rows, columns + 1]. */
  readonly tokens: Tensor
  /** One value a row, and in `ended_counts` one a window. */
  readonly counters: ReadonlyMap<string, Tensor>
}

/** A window of a state. */
export interface WindowPick {
  readonly state: LoopState
  readonly window: number
}

/** A run of columns of one row. */
interface Piece {
  readonly tensor: Tensor
  readonly row: number
  /** First column that is taken, and where it comes to stand. */
  readonly from: number
  readonly to: number
}

/** One state with these windows in this order. The cache is as long as the longest needs; nothing moves in vain. */
export function regroup(picks: readonly WindowPick[]): LoopState {
  const [first] = picks
  if (first === undefined) throw new RangeError('No windows to join.')
  const lengthOf = ({state, window}: WindowPick) => state.columns - (state.starts[window] as number)
  const columns = Math.max(...picks.map(lengthOf))
  const {group, cache, counters} = first.state
  const whole = picks.every(({state, window}, index) => state === first.state && window === index)
  if (whole && picks.length === first.state.starts.length && columns === first.state.columns) return first.state

  const starts = picks.map(pick => columns - lengthOf(pick))
  const pieces = (tensorOf: (state: LoopState) => Tensor): Piece[] =>
    picks.flatMap(({state, window}, index) =>
      Array.from({length: group}, (_, row) => ({
        tensor: tensorOf(state),
        row: window * group + row,
        from: state.starts[window] as number,
        to: starts[index] as number,
      })),
    )
  const named = (part: 'cache' | 'counters', name: string) => (state: LoopState) => tensorOf(state[part], name)
  return {
    group,
    columns,
    starts,
    cache: new Map([...cache.keys()].map(name => [name, shiftColumns(pieces(named('cache', name)), columns, 2)])),
    tokens: shiftColumns(
      pieces(({tokens}) => tokens),
      columns + 1,
      1,
    ),
    counters: new Map([...counters.keys()].map(name => [name, select(picks, group, named('counters', name))])),
  }
}

/**
 * Rows of tensors under one another, their columns (the dimension `axis`) moved so that all rows end together. Token
 * rows are filled up with their first token, the rest with zeros.
 */
function shiftColumns(pieces: readonly Piece[], columns: number, axis: 1 | 2): Tensor {
  const like = (pieces[0] as Piece).tensor
  const heads = axis === 2 ? (like.dims[1] ?? 0) : 1
  const size = like.dims[axis + 1] ?? 1
  const dims = axis === 2 ? [pieces.length, heads, columns, size] : [pieces.length, columns]
  const joined = tensorLike(like, dims)
  const data: Numbers = numbersOf(joined)
  for (const [index, {tensor, row, from, to}] of pieces.entries()) {
    const source = numbersOf(tensor)
    const length = (tensor.dims[axis] ?? 0) * size
    for (let head = 0; head < heads; head++) {
      const start = (row * heads + head) * length
      const target = (index * heads + head) * columns * size
      data.set(source.subarray(start + from * size, start + length) as never, target + to * size)
    }
    if (axis === 1) data.fill(source[row * length + from] as never, index * columns, index * columns + to)
  }
  return joined
}

/** One value of each row, or of each window where the tensor has but that many. */
function select(picks: readonly WindowPick[], group: number, of: (state: LoopState) => Tensor): Tensor {
  const like = of((picks[0] as WindowPick).state)
  const perWindow = like.dims[0] === (picks[0] as WindowPick).state.starts.length ? 1 : group
  const selected = tensorLike(like, [picks.length * perWindow])
  const data: Numbers = numbersOf(selected)
  for (const [index, {state, window}] of picks.entries())
    data.set(numbersOf(of(state)).subarray(window * perWindow, (window + 1) * perWindow) as never, index * perWindow)
  return selected
}

function tensorOf(part: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = part.get(name)
  if (tensor === undefined) throw new RangeError(`The state has no ${name}.`)
  return tensor
}
