import {roundHalfEven} from '../../decoding/round-half-even.js'
import type {ChannelGroup} from './channels.js'

export interface ChannelAmount {
  /** The part of channels to be removed, 0–1. */
  readonly amount: number
  /** That part of each layer, or of all layers together; heads and neurons are counted apart. */
  readonly scope: 'layer' | 'global'
  /** So many neurons stay, or a multiple: kernels are fast with whole vectors. Default 8. */
  readonly multiple?: number | undefined
}

export interface ScoredGroup {
  readonly group: ChannelGroup
  /** Of each channel: those of the lowest are removed first. */
  readonly scores: Float64Array
}

/**
 * Which channels of each group stay, in order. At least one head or `multiple` neurons stay in each; where rounding to a
 * multiple asks for more, the best of those to be removed stay.
 */
export function chooseChannels(
  scored: readonly ScoredGroup[],
  {amount, scope, multiple = 8}: ChannelAmount,
): ReadonlyMap<ChannelGroup, readonly number[]> {
  const chosen = new Map<ChannelGroup, readonly number[]>()
  for (const kind of ['ffn', 'heads'] as const) {
    const groups = scored.filter(({group}) => group.kind === kind)
    const step = kind === 'heads' ? 1 : multiple
    const counts = scope === 'layer' ? countEach(groups, amount) : countTogether(groups, amount)
    for (const [index, {group, scores}] of groups.entries()) {
      const wanted = group.channels - (counts[index] ?? 0)
      const kept = Math.min(group.channels, Math.max(1, Math.ceil(wanted / step)) * step)
      chosen.set(
        group,
        lowestFirst(scores)
          .slice(group.channels - kept)
          .sort((a, b) => a - b),
      )
    }
  }
  return chosen
}

const countEach = (groups: readonly ScoredGroup[], amount: number): number[] =>
  groups.map(({group}) => roundHalfEven(amount * group.channels))

/** How many of each are among the lowest of all. */
function countTogether(groups: readonly ScoredGroup[], amount: number): number[] {
  const all = groups.flatMap(({scores}, index) => Array.from(scores, score => ({score, index})))
  const counts = groups.map(() => 0)
  const sorted = all.sort((a, b) => a.score - b.score)
  for (const {index} of sorted.slice(0, roundHalfEven(amount * all.length))) counts[index] = (counts[index] ?? 0) + 1
  return counts
}

/** Of equal ones, the first. */
const lowestFirst = (scores: Float64Array): number[] =>
  Array.from(scores.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0) || a - b)
