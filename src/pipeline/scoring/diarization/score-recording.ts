import {cheapestAssignment} from './assignment.js'
import {unite} from './intervals.js'
import {jaccardErrors} from './jaccard.js'
import {turnsBySpeaker} from './merge-turns.js'
import {extentOf, type ScoredRegionOptions, scoredRegions} from './scored-regions.js'
import {type Tally, tally} from './tally.js'
import type {Interval, Turn} from './turn.js'

export interface RecordingTurns {
  readonly reference: readonly Turn[]
  readonly hypothesis: readonly Turn[]
  /** What is evaluated (UEM). Without it: from the first beginning to the last end of either side. */
  readonly evaluated?: readonly Interval[] | undefined
}

/** Speaker time in microseconds. `total = correct + missed + confusion`. */
export interface DiarizationErrors {
  readonly totalMicros: number
  readonly correctMicros: number
  readonly missedMicros: number
  readonly falseAlarmMicros: number
  readonly confusionMicros: number
}

export interface RecordingScore {
  readonly errors: DiarizationErrors
  /** Pairs that speak at the same time at all. */
  readonly mapping: readonly SpeakerPair[]
  /** The Jaccard error rate of each speaker of the reference, shares of 1. */
  readonly jaccard: readonly number[]
  readonly speakers: {readonly reference: number; readonly hypothesis: number}
}

export interface SpeakerPair {
  readonly reference: string
  readonly hypothesis: string
}

/**
 * The diarization errors of one recording. Speakers are paired so that they speak together as long as possible where it
 * is scored, as in pyannote.metrics (Bredin 2017); a collar is NIST's. The Jaccard error rate is that of DIHARD's dscore,
 * on exact times: it has its own pairing, and knows neither collar nor ignored overlap.
 */
export function scoreRecording(turns: RecordingTurns, options: ScoredRegionOptions): RecordingScore {
  const reference = turnsBySpeaker(turns.reference)
  const hypothesis = turnsBySpeaker(turns.hypothesis)
  const spoken = [...reference.values()]
  const heard = [...hypothesis.values()]
  const evaluated = unite(turns.evaluated ?? extentOf([...spoken.flat(), ...heard.flat()]))
  const scored = tally(spoken, heard, scoredRegions(evaluated, spoken.flat(), options))
  const whole = tally(spoken, heard, evaluated)
  const columnOf = longestTogether(scored)
  const names = {reference: [...reference.keys()], hypothesis: [...hypothesis.keys()]}
  return {
    errors: errorsOf(scored, columnOf),
    mapping: columnOf.flatMap((column, row) => {
      const pair = {reference: names.reference[row], hypothesis: names.hypothesis[column]}
      return pair.reference === undefined || pair.hypothesis === undefined
        ? []
        : [{reference: pair.reference, hypothesis: pair.hypothesis}]
    }),
    jaccard: jaccardErrors(whole),
    speakers: {
      reference: whole.referenceMicros.filter(micros => micros > 0).length,
      hypothesis: whole.hypothesisMicros.filter(micros => micros > 0).length,
    },
  }
}

/** The column of each row, −1 where the pair never speaks together. */
function longestTogether({together}: Tally): number[] {
  const columns = cheapestAssignment(together.map(row => row.map(micros => -micros)))
  return columns.map((column, row) => ((together[row]?.[column] ?? 0) > 0 ? column : -1))
}

function errorsOf(scored: Tally, columnOf: readonly number[]): DiarizationErrors {
  const {totalMicros, missedMicros, falseAlarmMicros, sharedMicros, together} = scored
  const correctMicros = columnOf.reduce((sum, column, row) => sum + (together[row]?.[column] ?? 0), 0)
  return {totalMicros, correctMicros, missedMicros, falseAlarmMicros, confusionMicros: sharedMicros - correctMicros}
}
