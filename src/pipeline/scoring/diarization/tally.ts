import type {Interval} from './turn.js'

/** Speaker time in microseconds: two speakers at once for a second are two seconds. */
export interface Tally {
  readonly totalMicros: number
  readonly missedMicros: number
  readonly falseAlarmMicros: number
  /** As many speakers in the hypothesis as in the reference, whoever they are: what is right or confused. */
  readonly sharedMicros: number
  /** For each speaker of the reference, how long each of the hypothesis speaks at the same time. */
  readonly together: readonly (readonly number[])[]
  readonly referenceMicros: readonly number[]
  readonly hypothesisMicros: readonly number[]
}

type Speakers = readonly (readonly Interval[])[]

interface Edge {
  readonly at: number
  readonly side: 'reference' | 'hypothesis' | 'region'
  readonly index: number
  readonly begins: boolean
}

/**
 * Who speaks with whom, and for how long, inside the regions.
 *
 * @param reference,hypothesis the turns of each speaker, none overlapping another of the same speaker
 * @param regions none overlapping another
 */
export function tally(reference: Speakers, hypothesis: Speakers, regions: readonly Interval[]): Tally {
  const sums = {totalMicros: 0, missedMicros: 0, falseAlarmMicros: 0, sharedMicros: 0}
  const together = reference.map(() => new Array<number>(hypothesis.length).fill(0))
  const durations = {
    reference: new Array<number>(reference.length).fill(0),
    hypothesis: new Array<number>(hypothesis.length).fill(0),
  }
  const active = {reference: new Set<number>(), hypothesis: new Set<number>(), region: new Set<number>()}
  let since = 0
  for (const {at, side, index, begins} of edgesOf(reference, hypothesis, regions)) {
    if (at > since && active.region.size > 0) add(at - since)
    since = at
    if (begins) active[side].add(index)
    else active[side].delete(index)
  }
  return {...sums, together, referenceMicros: durations.reference, hypothesisMicros: durations.hypothesis}

  function add(micros: number): void {
    const spoken = active.reference.size
    const heard = active.hypothesis.size
    sums.totalMicros += spoken * micros
    sums.missedMicros += Math.max(0, spoken - heard) * micros
    sums.falseAlarmMicros += Math.max(0, heard - spoken) * micros
    sums.sharedMicros += Math.min(spoken, heard) * micros
    for (const other of active.hypothesis) durations.hypothesis[other] = (durations.hypothesis[other] ?? 0) + micros
    for (const speaker of active.reference) {
      durations.reference[speaker] = (durations.reference[speaker] ?? 0) + micros
      const row = together[speaker] ?? []
      for (const other of active.hypothesis) row[other] = (row[other] ?? 0) + micros
    }
  }
}

/** In order of time; what ends comes before what begins there, as a speaker may go on where it stopped. */
function edgesOf(reference: Speakers, hypothesis: Speakers, regions: readonly Interval[]): Edge[] {
  const edges: Edge[] = []
  const push = (side: Edge['side'], index: number, {startMicros, endMicros}: Interval) => {
    edges.push({at: startMicros, side, index, begins: true}, {at: endMicros, side, index, begins: false})
  }
  for (const [index, turns] of reference.entries()) for (const turn of turns) push('reference', index, turn)
  for (const [index, turns] of hypothesis.entries()) for (const turn of turns) push('hypothesis', index, turn)
  for (const [index, region] of regions.entries()) push('region', index, region)
  return edges.sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins))
}
