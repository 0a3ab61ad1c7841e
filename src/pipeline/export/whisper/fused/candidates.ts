import type {Value} from '../../../onnx/graph-builder.js'
import type {Operators} from './operators.js'
import type {Rows} from './rows.js'
import {BEYOND, type Settings} from './settings.js'

export interface Candidates {
  /** The most probable tokens of each row, the best first, [rows, candidates]. */
  readonly tokens: Value
  readonly logProbabilities: Value
  /** log Σ exp of the filtered logits, [rows, 1]. */
  readonly normaliser: Value
  /** The filtered logits in parts: text, control tokens, timestamps. */
  readonly parts: readonly Part[]
}

interface Part {
  readonly logits: Value
  /** Whether all of it is banned, [rows, 1]; undefined: no. */
  readonly banned?: Value | undefined
}

/** The best of one part of the vocabulary. */
interface Best {
  readonly values: Value
  readonly tokens: Value
  /** [rows, 1]. */
  readonly largest: Value
  readonly normaliser: Value
}

/**
 * Rules of timestamps (decoding/logit-filters.ts) and the most probable tokens. Rules that ban whole parts of the
 * vocabulary are carried out on sums and best tokens of the parts, not on the logits.
 */
export function candidatesOf(scope: Operators, logits: Value, rows: Rows, settings: Settings): Candidates {
  const [text = '', control = '', timestamps = ''] = scope.split(logits, 1, settings.parts, 3)
  const last = scope.toTruth(rows.last)
  const isOpening = scope.and(scope.equal(rows.sampled, scope.integer(0)), settings.timed)
  const allowed = allowedTimestamps(scope, timestamps, {rows, last, isOpening}, settings)
  const isOpen = scope.and(last, scope.not(scope.toTruth(rows.beforeLast)))
  const [textCount = '', controlCount = '', timestampCount = ''] = settings.candidates
  const bestText = bestOf(scope, text, textCount, undefined)
  const bestControl = bestOf(scope, control, controlCount, settings.endOfText)
  const bestTimestamp = bestOf(scope, allowed, timestampCount, settings.timestampBegin)
  const none = scope.float(Number.NEGATIVE_INFINITY)
  const banText = scope.or(isOpening, isOpen)
  const rival = scope.greatest(scope.where(banText, none, bestText.largest), bestControl.largest)
  const prefersTimestamp = scope.and(scope.greater(bestTimestamp.normaliser, rival), settings.timed)
  const banControl = scope.or(isOpening, prefersTimestamp)
  const bans = [scope.or(banText, prefersTimestamp), banControl, undefined]
  const ban = (value: Value, banned: Value | undefined) =>
    banned === undefined ? value : scope.where(banned, none, value)
  const all = [bestText, bestControl, bestTimestamp]
  const normaliser = logSumExp(
    scope,
    all.map((best, part) => ban(best.normaliser, bans[part])),
  )
  const values = scope.concat(
    all.map((best, part) => ban(best.values, bans[part])),
    1,
  )
  const best = scope.largest(values, settings.candidateCount, 1)
  const tokens = scope.concat(
    all.map(({tokens}) => tokens),
    1,
  )
  return {
    tokens: scope.gatherElements(tokens, best.indices),
    logProbabilities: scope.subtract(best.values, normaliser),
    normaliser,
    parts: [text, control, allowed].map((logits, part) => ({logits, banned: bans[part]})),
  }
}

/** Timestamps without those before the latest, those after a finished pair, and late ones at the beginning. */
function allowedTimestamps(
  scope: Operators,
  timestamps: Value,
  {rows, last, isOpening}: {readonly rows: Rows; readonly last: Value; readonly isOpening: Value},
  {timestamps: indices, largestTimestamp}: Settings,
): Value {
  const afterTimestamp = scope.where(scope.toTruth(rows.beforeLast), scope.integer(BEYOND), rows.latest)
  const lowest = scope.where(last, afterTimestamp, scope.add(rows.latest, scope.integer(1)))
  const highest = scope.where(isOpening, largestTimestamp, scope.integer(BEYOND))
  const outside = scope.or(scope.less(indices, lowest), scope.greater(indices, highest))
  return scope.where(outside, scope.float(Number.NEGATIVE_INFINITY), timestamps)
}

/** `first`: the token with which the part begins; undefined: 0. */
function bestOf(scope: Operators, logits: Value, count: Value, first: Value | undefined): Best {
  const {values, indices} = scope.largest(logits, count, 1)
  const [largest, index] = [values, indices].map(all => scope.slice(all, 1, scope.integers(0), scope.integers(1)))
  const best = largest ?? ''
  const relative = scope.gatherElements(scope.node('LogSoftmax', [logits], {axis: -1}), index ?? '')
  const none = scope.float(Number.NEGATIVE_INFINITY)
  return {
    values,
    tokens: first === undefined ? indices : scope.add(indices, first),
    largest: best,
    // Where all is banned, the relative value is no number.
    normaliser: scope.where(scope.greater(best, none), scope.subtract(best, relative), none),
  }
}

/** log Σ exp over values of shape [rows, 1]. */
function logSumExp(scope: Operators, values: readonly Value[]): Value {
  const largest = scope.greatest(...values)
  const powers = scope.node('Exp', [scope.subtract(scope.concat(values, 1), largest)])
  return scope.add(largest, scope.node('Log', [scope.sum(powers, 1)]))
}
