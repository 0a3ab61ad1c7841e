import type {Value} from '../../../onnx/graph-builder.js'
import {floatKind, type Operators} from './operators.js'
import type {Rows} from './rows.js'
import type {Settings} from './settings.js'

export interface LastLogits {
  /** [rows × places, vocabulary]; after the first step there is one place a row. */
  readonly logits: Value
  /** [rows, places]. */
  readonly places: Value
  /** [rows, columns]. */
  readonly tokens: Value
  readonly rows: Rows
  readonly isFirst: Value
}

/**
 * The logits of the last place [rows, vocabulary] after all filters but that of timestamps, in the order and with the
 * meaning of decoding/logit-filters.ts. Most steps only suppress tokens; the rest is in a branch.
 */
export function suppress(scope: Operators, last: LastLogits, settings: Settings, vocabulary: number): Value {
  const kind = floatKind('rule_rows', vocabulary)
  return scope.choose(
    scope.or(last.isFirst, settings.remembering),
    kind,
    inner => {
      const shape = inner.concat([inner.node('Shape', [last.places]), inner.integers(vocabulary)], 0)
      const ended = inner.slice(inner.reshapeTo(last.logits, shape), 1, inner.integers(-1))
      const logits = inner.reshape(ended, -1, vocabulary)
      const penalised = inner.choose(
        inner.equal(settings.repetitionPenalty, inner.float(1)),
        kind,
        deeper => deeper.same(logits),
        deeper => penalise(deeper, logits, last.tokens, settings),
      )
      const fresh = inner.choose(
        inner.greater(settings.ngram, inner.integer(0)),
        kind,
        deeper => banRepeated(deeper, penalised, last, settings),
        deeper => deeper.same(penalised),
      )
      const isOpening = inner.equal(last.rows.sampled, inner.integer(0))
      const opening = inner.where(isOpening, settings.suppressedFirst, inner.float(0))
      return inner.add(inner.add(fresh, opening), settings.suppressed)
    },
    inner => inner.add(last.logits, settings.suppressed),
  )
}

/** Divides positive and multiplies negative logits of tokens that occurred. */
function penalise(scope: Operators, logits: Value, tokens: Value, {repetitionPenalty}: Settings): Value {
  const seen = scope.gatherElements(logits, tokens)
  const lower = scope.multiply(seen, repetitionPenalty)
  const changed = scope.where(scope.less(seen, scope.float(0)), lower, scope.divide(seen, repetitionPenalty))
  return scope.node('ScatterElements', [logits, tokens, changed], {axis: 1})
}

/** Bans each token that would complete a sequence of tokens seen before. */
function banRepeated(scope: Operators, logits: Value, {tokens, rows}: LastLogits, {ngram}: Settings): Value {
  const before = scope.subtract(ngram, scope.integer(1))
  const count = scope.subtract(scope.scalar(scope.size(tokens, 1)), before)
  const [starts, steps] = [scope.range(count), scope.range(before)]
  const heads = scope.gather(tokens, scope.add(scope.unsqueeze(starts, 1), steps), 1)
  // Where all is shorter than a sequence there are no starts, and the tail does not matter.
  const tail = scope.gather(tokens, scope.greatest(scope.add(count, steps), scope.integer(0)), 1)
  const different = scope.not(scope.equal(heads, scope.unsqueeze(tail, 1)))
  const differences = scope.node('ReduceSum', [scope.toIntegers(different), scope.integers(2)], {keepdims: 0})
  const same = scope.and(scope.equal(differences, scope.integer(0)), scope.atLeast(starts, rows.start))
  const next = scope.slice(tokens, 1, scope.unsqueeze(before, 0))
  const bans = scope.where(same, scope.float(Number.NEGATIVE_INFINITY), scope.float(0))
  return scope.node('ScatterElements', [logits, next, bans], {axis: 1, reduction: 'add'})
}
