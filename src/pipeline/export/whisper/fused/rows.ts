import type {Value} from '../../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import type {Operators} from './operators.js'
import type {Settings} from './settings.js'

/** What the loop knows of each row, all [rows, 1] and integers (1: true), kept as the columns of one matrix. */
export interface Rows {
  /** Column of the first token. */
  readonly start: Value
  /** Tokens that were sampled. */
  readonly sampled: Value
  /** Tokens that may be. */
  readonly remaining: Value
  /** Whether the text has ended. */
  readonly finished: Value
  /** Whether the last token is a timestamp that was sampled. */
  readonly last: Value
  /** Whether the one before is; true where fewer than two were sampled. */
  readonly beforeLast: Value
  /** The latest timestamp that was sampled, as an index; −1: none. */
  readonly latest: Value
}

const COLUMNS = ['start', 'sampled', 'remaining', 'finished', 'last', 'beforeLast', 'latest'] as const
export const ROW_COLUMNS = COLUMNS.length

const matrixOf = (scope: Operators, rows: Rows): Value =>
  scope.concat(
    COLUMNS.map(column => rows[column]),
    1,
  )

export function rowsOf(scope: Operators, matrix: Value): Rows {
  const [start = '', sampled = '', remaining = '', finished = '', last = '', beforeLast = '', latest = ''] =
    scope.split(matrix, 1, scope.integers(...COLUMNS.map(() => 1)), COLUMNS.length)
  return {start, sampled, remaining, finished, last, beforeLast, latest}
}

/** The rows before the first step, and their tokens [rows, columns]. */
export function firstRows(main: Operators, {timestampFloor}: Settings): {readonly tokens: Value; readonly rows: Value} {
  const input = (name: string, type = DataType.INT64) => main.unsqueeze(main.graph.input(name, type, ['rows']), 1)
  const tokens = main.graph.input('tokens', DataType.INT64, ['rows', 'columns'])
  const [start, sampled, remaining] = [input('row_starts'), input('sampled'), input('remaining')]
  const finished = main.toIntegers(input('finished', DataType.BOOL))
  const isTimestamp = main.atLeast(tokens, timestampFloor)
  const columns = main.range(main.scalar(main.size(tokens, 1)))
  const wasSampled = main.atLeast(columns, main.subtract(main.size(tokens, 1), sampled))
  const places = main.where(main.and(isTimestamp, wasSampled), columns, main.integer(-1))
  const place = main.largest(places, main.integers(1), 1).values
  const token = main.gatherElements(tokens, main.greatest(place, main.integer(0)))
  const [lastTwo, last] = [-2, -1].map(from => main.slice(tokens, 1, main.integers(from)))
  const isLast = main.atLeast(last ?? '', timestampFloor)
  const isBefore = main.atLeast(main.slice(lastTwo ?? '', 1, main.integers(0), main.integers(1)), timestampFloor)
  const rows = {
    start,
    sampled,
    remaining,
    finished,
    last: main.toIntegers(main.and(main.greater(sampled, main.integer(0)), isLast)),
    beforeLast: main.toIntegers(main.or(main.less(sampled, main.integer(2)), isBefore)),
    latest: main.where(main.less(place, main.integer(0)), main.integer(-1), main.subtract(token, timestampFloor)),
  }
  return {tokens, rows: matrixOf(main, rows)}
}

/** The rows after `chosen` ([rows]) was added to those that `sources` says. */
export function nextRows(
  scope: Operators,
  before: Value,
  {chosen, sources}: {readonly chosen: Value; readonly sources: Value},
  {endOfText, timestampFloor}: Settings,
): {readonly rows: Value; readonly remaining: Value; readonly finished: Value} {
  const {start, sampled, remaining, finished, last, latest} = rowsOf(scope, scope.gather(before, sources))
  const token = scope.unsqueeze(chosen, 1)
  const one = scope.integer(1)
  const zero = scope.integer(0)
  const isTimestamp = scope.atLeast(token, timestampFloor)
  const ends = scope.and(scope.equal(token, endOfText), scope.greater(remaining, zero))
  const rows = {
    start,
    sampled: scope.add(sampled, one),
    remaining: scope.greatest(scope.subtract(remaining, one), zero),
    finished: scope.greatest(finished, scope.toIntegers(ends)),
    last: scope.toIntegers(isTimestamp),
    beforeLast: scope.greatest(last, scope.toIntegers(scope.equal(sampled, zero))),
    latest: scope.where(isTimestamp, scope.subtract(token, timestampFloor), latest),
  }
  return {rows: matrixOf(scope, rows), remaining: rows.remaining, finished: rows.finished}
}
