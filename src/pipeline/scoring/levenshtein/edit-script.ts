import {cut, type Part, withoutCommonEnds} from './part.js'
import {splitPart} from './split.js'
import {type Edits, traceBand, traceShort} from './trace.js'
import {reserve, type Workspace} from './workspace.js'

/** Bytes of matrix up to which rapidfuzz traces a part back as a whole. */
const WHOLE_MATRIX_BYTES = 1024 * 1024
/** Errors to begin with where the number is not known. */
const FIRST_LIMIT = 64

/**
 * The least insertions, deletions and substitutions that make a hypothesis of a reference, all at cost 1. Where several
 * scripts are equally short, the same one as rapidfuzz's `Levenshtein.editops` (rapidfuzz-cpp, Levenshtein_impl.hpp):
 * traced back from the end with a deletion before an insertion before a substitution, after what both sides begin and end
 * with is set aside; and parts whose matrix would pass 1 MiB are first cut in two, which decides ties in another way, so
 * the cuts must fall where rapidfuzz makes them.
 *
 * Symbols are small numbers from 0. Memory grows with the lengths, not with their product.
 */
export function editScript(
  workspace: Workspace,
  reference: Int32Array,
  hypothesis: Int32Array,
  symbols: number,
): Edits {
  reserve(workspace, symbols, reference.length)
  const edits = {deleted: new Uint8Array(reference.length), inserted: new Uint8Array(hypothesis.length)}
  const whole: Part = {
    reference: {symbols: reference, start: 0, step: 1, length: reference.length},
    hypothesis: {symbols: hypothesis, start: 0, step: 1, length: hypothesis.length},
  }
  markEdits(workspace, whole, Number.POSITIVE_INFINITY, edits)
  return edits
}

/** `errors`: how many the part has; infinite where that is not known yet. */
function markEdits(workspace: Workspace, ends: Part, errors: number, edits: Edits): void {
  const part = withoutCommonEnds(ends)
  const {reference, hypothesis} = part
  if (reference.length === 0 || hypothesis.length === 0) {
    edits.deleted.fill(1, reference.start, reference.start + reference.length)
    edits.inserted.fill(1, hypothesis.start, hypothesis.start + hypothesis.length)
    return
  }
  if (reference.length <= 32) {
    traceShort(workspace, part, edits)
    return
  }
  const most = Math.max(reference.length, hypothesis.length)
  const known = errors < most
  let limit = known ? errors : Math.min(most, Math.abs(reference.length - hypothesis.length) + FIRST_LIMIT)
  if (isTracedWhole(part, Math.min(errors, most))) {
    while (!traceBand(workspace, part, limit, edits)) limit = Math.min(most, 2 * limit)
    return
  }
  let split = splitPart(workspace, part, limit)
  while ('nextLimit' in split) split = splitPart(workspace, part, split.nextLimit)
  const [left, right] = cut(part, split.column, split.row)
  markEdits(workspace, left, split.leftErrors, edits)
  markEdits(workspace, right, split.rightErrors, edits)
}

/** rapidfuzz's rule, in its numbers: two bits a cell, over a band as wide as the errors allow. */
function isTracedWhole({reference, hypothesis}: Part, errors: number): boolean {
  const band = Math.min(reference.length, 2 * errors + 1)
  return (2 * band * hypothesis.length) / 8 < WHOLE_MATRIX_BYTES || reference.length < 65 || hypothesis.length < 10
}
