import type {Value} from '../../../onnx/graph-builder.js'
import type {Candidates} from './candidates.js'
import {floatKind, integerKind, type Operators} from './operators.js'
import type {Rows} from './rows.js'
import type {Settings} from './settings.js'

/** What one step of a search gives; [rows after the step] but for the counts. */
export interface Choice {
  readonly chosen: Value
  /** The rows that are continued. */
  readonly sources: Value
  readonly sums: Value
  readonly ended: Value
  /** [windows]. */
  readonly endedCounts: Value
}

export interface ChoiceInputs {
  readonly candidates: Candidates
  readonly rows: Rows
  /** [rows]. */
  readonly sums: Value
  readonly endedCounts: Value
  /** Number of the step, []. */
  readonly step: Value
}

/** Tokens of a block, the sums of which lead to the drawn token. */
const BLOCK = 256
/** The largest number drawn. In halves it would round to 1, which leads past the last token. */
const LARGEST_UNIFORM = 1 - 2 ** -24

/** The best token of each row, or one drawn by its probability (decoding/sampling-search.ts). */
export function sample(scope: Operators, inputs: ChoiceInputs, settings: Settings, vocabulary: number): Choice {
  const {candidates, rows, sums, endedCounts} = inputs
  const before = scope.scalar(scope.node('Shape', [sums]))
  const after = scope.scalar(scope.size(settings.uniforms, 0))
  // After the first step of a fresh call a window has `group` rows in place of one.
  const sources = scope.divide(scope.range(after), scope.divide(after, before))
  const [token = '', logProbability = ''] = scope.when(
    settings.drawn,
    [integerKind('drawn_rows', 1), floatKind('drawn_rows', 1)],
    inner => draw(inner, sources, inputs, settings, vocabulary),
    inner => [candidates.tokens, candidates.logProbabilities].map(value => inner.gather(value, sources)),
  )
  const zero = scope.integer(0)
  const isActive = scope.and(scope.equal(rows.finished, zero), scope.greater(rows.remaining, zero))
  const goesOn = scope.gather(isActive, sources)
  const gained = scope.where(goesOn, logProbability, scope.float(0))
  const flat = (value: Value) => scope.reshape(value, -1)
  return {
    chosen: flat(scope.where(goesOn, token, settings.endOfText)),
    sources,
    sums: scope.add(scope.gather(sums, sources), flat(gained)),
    ended: scope.expand(scope.float(Number.NEGATIVE_INFINITY), scope.node('Shape', [sources])),
    endedCounts: scope.same(endedCounts),
  }
}

/**
 * Inverse of the distribution function over the vocabulary in order: first the block, then the token in it. Sums are of
 * double precision, as in decoding/sampling-search.ts: tokens are so many that the rounding of others chooses its own.
 */
function draw(
  scope: Operators,
  sources: Value,
  {candidates, step}: ChoiceInputs,
  {temperature, uniforms}: Settings,
  vocabulary: number,
): readonly Value[] {
  const none = scope.float(Number.NEGATIVE_INFINITY)
  const filtered = scope.concat(
    candidates.parts.map(({logits, banned}) => (banned === undefined ? logits : scope.where(banned, none, logits))),
    1,
  )
  const probabilities = scope.toDoubles(scope.softmax(scope.divide(filtered, temperature)))
  const blocks = Math.ceil(vocabulary / BLOCK)
  const padded = scope.node('Pad', [probabilities, scope.integers(0, 0, 0, blocks * BLOCK - vocabulary)])
  const inBlocks = scope.reshape(padded, -1, blocks, BLOCK)
  const masses = scope.node('ReduceSum', [inBlocks, scope.integers(2)], {keepdims: 0})
  const sums = scope.gather(scope.cumulate(masses, 1), sources)
  const drawn = scope.toDoubles(scope.gather(uniforms, scope.unsqueeze(step, 0), 1))
  const uniform = scope.least(drawn, scope.double(LARGEST_UNIFORM))
  const target = scope.multiply(uniform, lastOf(scope, sums))
  const block = firstAbove(scope, sums, target)
  const sumBefore = scope.where(
    scope.greater(block, scope.integer(0)),
    scope.gatherElements(sums, scope.greatest(scope.subtract(block, scope.integer(1)), scope.integer(0))),
    scope.double(0),
  )
  const row = scope.unsqueeze(sources, 1)
  const chosenBlock = scope.add(scope.multiply(row, scope.integer(blocks)), block)
  const within = scope.gather(scope.reshape(padded, -1, BLOCK), scope.reshape(chosenBlock, -1))
  const withinSums = scope.cumulate(within, 1)
  // The sum of a block may round to more than its last partial sum.
  const largest = scope.multiply(lastOf(scope, withinSums), scope.double(LARGEST_UNIFORM))
  const place = firstAbove(scope, withinSums, scope.least(scope.subtract(target, sumBefore), largest))
  const token = scope.add(scope.multiply(block, scope.integer(BLOCK)), place)
  const flat = scope.add(scope.multiply(row, scope.integer(vocabulary)), token)
  const logit = scope.gather(scope.reshape(filtered, -1), flat)
  return [token, scope.subtract(logit, scope.gather(candidates.normaliser, sources))]
}

/** The last column, [rows, 1]. */
const lastOf = (scope: Operators, sums: Value): Value => scope.slice(sums, 1, scope.integers(-1))

/** The first column of growing sums that is above a target, [rows, 1]. */
const firstAbove = (scope: Operators, sums: Value, target: Value): Value =>
  scope.sum(scope.toIntegers(scope.atMost(sums, target)), 1)
