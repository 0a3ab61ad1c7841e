import type {BreakdownRecord, GroupRecord, IntervalRecord} from '../evaluation/evaluation-report.js'
import {measuresOf, sumScores} from './measures.js'
import type {UtteranceScore} from './utterance-score.js'

/** Of an utterance that has no such column, or no known length. */
export const NO_VALUE = '(none)'

/** Seconds at which one length bucket ends and the next begins. */
export const LENGTH_EDGES_SECONDS: readonly number[] = [2, 5, 10, 20, 30]

/**
 * The measures of groups of utterances: by `speaker`, by `length` (seconds of audio: 0–2, 2–5, 5–10, 10–20, 20–30, 30+, an
 * edge belonging to the longer bucket) or by any column of the manifest. Groups stand in the order of their values, those
 * of `length` from short to long, `(none)` last. Seconds of audio are null where one utterance's are not known.
 */
export function breakDown(
  scores: readonly UtteranceScore[],
  by: readonly string[],
  interval: (scores: readonly UtteranceScore[]) => IntervalRecord | null,
): BreakdownRecord[] {
  return by.map(name => {
    const groups = new Map<string, UtteranceScore[]>()
    for (const score of scores) {
      const value = groupValue(score, name)
      const group = groups.get(value)
      if (group === undefined) groups.set(value, [score])
      else group.push(score)
    }
    const order = name === 'length' ? byLength : byValue
    const sorted = [...groups].sort(([a], [b]) => order(a, b))
    return {by: name, groups: sorted.map(([value, members]) => groupOf(value, members, interval(members)))}
  })
}

function groupOf(value: string, scores: readonly UtteranceScore[], interval: IntervalRecord | null): GroupRecord {
  const total = sumScores(scores)
  let audioSeconds: number | null = 0
  for (const {durationSeconds} of scores) {
    audioSeconds = audioSeconds === null || durationSeconds === undefined ? null : audioSeconds + durationSeconds
  }
  const {words, characters, utterances} = total
  return {value, utterances, audioSeconds, ...measuresOf(total), words, characters, interval}
}

function groupValue(score: UtteranceScore, name: string): string {
  if (name === 'length') return lengthBucket(score.durationSeconds)
  const value =
    name === 'speaker' ? score.speaker : Object.hasOwn(score.columns, name) ? score.columns[name] : undefined
  return value === undefined || value === '' ? NO_VALUE : value
}

function lengthBucket(seconds: number | undefined): string {
  if (seconds === undefined) return NO_VALUE
  let from = 0
  for (const edge of LENGTH_EDGES_SECONDS) {
    if (seconds < edge) return `${from}–${edge}`
    from = edge
  }
  return `${from}+`
}

function byValue(a: string, b: string): number {
  if (a === NO_VALUE || b === NO_VALUE) return a === b ? 0 : a === NO_VALUE ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}

function byLength(a: string, b: string): number {
  if (a === NO_VALUE || b === NO_VALUE) return byValue(a, b)
  return Number.parseFloat(a) - Number.parseFloat(b)
}
