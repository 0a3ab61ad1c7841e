import {add} from './grouped.js'
import {uniteOverlapping} from './intervals.js'
import type {Interval, Turn} from './turn.js'

/**
 * The turns of each speaker, in the order in which speakers first appear. Turns of one speaker that overlap become one,
 * as in dscore: nobody speaks twice at once. Those that touch stay apart, since a collar belongs to each boundary.
 */
export function turnsBySpeaker(turns: readonly Turn[]): ReadonlyMap<string, readonly Interval[]> {
  const grouped = new Map<string, Turn[]>()
  for (const turn of turns) add(grouped, turn.speaker, turn)
  return new Map([...grouped].map(([speaker, own]) => [speaker, uniteOverlapping(own)]))
}
