import type {Ops} from '../engine/ops.js'

export interface SpanMaskOptions {
  /** Share of the places that spans would cover if none met another; less is covered as some do. */
  readonly share: number
  /** Places of one span. */
  readonly length: number
}

/**
 * Random spans along an axis, as SpecAugment masks them (Park et al., arXiv:1904.08779): 1 inside, 0 elsewhere. Each place
 * begins a span with probability share ∕ length (Baevski et al., arXiv:2006.11477). The randomness is that of dropout: where
 * no training happens there are no spans.
 *
 * @param places 1 where a span may begin, else 0
 */
export function spanMask<T>(ops: Ops<T>, places: T, axis: number, {share, length}: SpanMaskOptions): T {
  // Dropout makes 0 or more than 1 of a place in training, and leaves it at 1 otherwise.
  const starts = ops.relu(ops.subtract(places, ops.dropout(places, share / length)))
  const padded = ops.pad(starts, axis, length - 1, 0)
  let cover = starts
  for (let shift = 0; shift < length - 1; shift++) {
    cover = ops.add(cover, ops.slice(padded, axis, shift, shift + 1 - length))
  }
  const one = ops.constant([1], [])
  return ops.subtract(one, ops.relu(ops.subtract(one, cover)))
}
