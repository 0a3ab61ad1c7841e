import type {Value} from '../../../onnx/graph-builder.js'
import type {Operators} from './operators.js'
import type {Choice, ChoiceInputs} from './sampling.js'
import type {Settings} from './settings.js'

/**
 * One step of beam search (decoding/beam-search.ts): of the best continuations of a window's rows, in the order of their
 * sums, the first `group` that do not end the text are kept; those before the last of them that do are candidates.
 */
export function searchBeams(scope: Operators, inputs: ChoiceInputs, {group, wanted, endOfText}: Settings): Choice {
  const {candidates, sums, endedCounts} = inputs
  const one = scope.integer(1)
  const windows = scope.node('Shape', [endedCounts])
  const perWindow = scope.concat([windows, scope.integers(-1)], 0)
  const byWindow = (value: Value) => scope.reshapeTo(value, perWindow)
  const totals = byWindow(scope.add(scope.unsqueeze(sums, 1), candidates.logProbabilities))
  const perRow = scope.size(candidates.tokens, 1)
  const beams = scope.divide(scope.scalar(scope.node('Shape', [sums])), scope.scalar(windows))
  // Each row ends at most once, so that as many again suffice to keep `group`.
  const considered = scope.least(scope.size(totals, 1), scope.unsqueeze(scope.add(group, beams), 0))
  const {values: sorted, indices} = scope.largest(totals, considered, 1)
  const source = scope.divide(indices, perRow)
  const token = scope.gatherElements(byWindow(candidates.tokens), indices)
  const ends = scope.equal(token, endOfText)
  const goesOn = scope.not(ends)
  const rank = scope.cumulate(scope.toIntegers(goesOn), 1)
  const isKept = scope.and(goesOn, scope.atMost(rank, group))
  const endsInTime = scope.toIntegers(scope.and(ends, scope.less(rank, group)))
  const endRank = scope.add(scope.cumulate(endsInTime, 1), scope.unsqueeze(endedCounts, 1))
  const isTaken = scope.and(scope.toTruth(endsInTime), scope.atMost(endRank, wanted))
  const taken = scope.node('ReduceSum', [scope.toIntegers(isTaken), scope.integers(1)], {keepdims: 0})
  const places = scope.range(scope.scalar(considered))
  const keys = scope.where(isKept, scope.subtract(scope.scalar(considered), places), scope.integer(0))
  const kept = scope.largest(keys, scope.unsqueeze(group, 0), 1).indices
  const firstRow = scope.unsqueeze(scope.multiply(scope.range(scope.scalar(windows)), beams), 1)
  const keptOf = (value: Value) => scope.gatherElements(value, kept)
  const flat = (value: Value) => scope.reshape(value, -1)
  // [windows, considered, group]: the sum of each candidate, under the row that it continues.
  const isOfRow = scope.equal(scope.unsqueeze(source, 2), scope.range(group))
  const endSums = scope.where(
    scope.and(isOfRow, scope.unsqueeze(isTaken, 2)),
    scope.unsqueeze(sorted, 2),
    scope.float(Number.NEGATIVE_INFINITY),
  )
  return {
    chosen: flat(keptOf(token)),
    sources: flat(scope.add(keptOf(source), firstRow)),
    sums: flat(keptOf(sorted)),
    ended: flat(scope.largest(endSums, scope.unsqueeze(one, 0), 1).values),
    endedCounts: scope.add(endedCounts, taken),
  }
}
