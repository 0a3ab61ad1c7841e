import type {Interval} from './turn.js'

/** The same times without overlaps, in order; intervals that touch become one, empty ones go. */
export function unite(intervals: readonly Interval[]): Interval[] {
  return join(intervals, (next, last) => next.startMicros <= last.endMicros)
}

/** As {@link unite}, but intervals that only touch stay apart. */
export function uniteOverlapping(intervals: readonly Interval[]): Interval[] {
  return join(intervals, (next, last) => next.startMicros < last.endMicros)
}

function join(intervals: readonly Interval[], joins: (next: Interval, last: Interval) => boolean): Interval[] {
  const sorted = intervals
    .filter(({startMicros, endMicros}) => endMicros > startMicros)
    .sort((a, b) => a.startMicros - b.startMicros || a.endMicros - b.endMicros)
  const joined: Interval[] = []
  for (const next of sorted) {
    const last = joined.at(-1)
    if (last !== undefined && joins(next, last)) {
      joined[joined.length - 1] = {
        startMicros: last.startMicros,
        endMicros: Math.max(last.endMicros, next.endMicros),
      }
    } else joined.push({startMicros: next.startMicros, endMicros: next.endMicros})
  }
  return joined
}

/** What is in `from` and not in `removed`. */
export function subtract(from: readonly Interval[], removed: readonly Interval[]): Interval[] {
  const holes = unite(removed)
  const left: Interval[] = []
  let first = 0
  for (const {startMicros, endMicros} of unite(from)) {
    let at = startMicros
    while (first < holes.length && (holes[first]?.endMicros ?? 0) <= startMicros) first++
    for (let index = first; at < endMicros; index++) {
      const hole = holes[index]
      if (hole === undefined || hole.startMicros >= endMicros) break
      if (hole.startMicros > at) left.push({startMicros: at, endMicros: hole.startMicros})
      at = Math.max(at, hole.endMicros)
    }
    if (at < endMicros) left.push({startMicros: at, endMicros})
  }
  return left
}

/** Where two or more of the intervals are at once. */
export function overlaps(intervals: readonly Interval[]): Interval[] {
  const edges = intervals
    .filter(({startMicros, endMicros}) => endMicros > startMicros)
    .flatMap(({startMicros, endMicros}) => [
      {at: startMicros, step: 1},
      {at: endMicros, step: -1},
    ])
    .sort((a, b) => a.at - b.at || a.step - b.step)
  const found: Interval[] = []
  let depth = 0
  let startMicros = 0
  for (const {at, step} of edges) {
    if (depth >= 2 && at > startMicros) found.push({startMicros, endMicros: at})
    depth += step
    startMicros = at
  }
  return unite(found)
}
