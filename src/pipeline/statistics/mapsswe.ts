import {normalSurvival} from './normal.js'
import {type SegmentErrors, sentenceSegments} from './sentence-segments.js'

/** The alignments of one utterance's two hypotheses, as operations (`=`, `S`, `D`, `I`). */
export interface AlignedPair {
  readonly first: string
  readonly second: string
}

export interface MapssweResult {
  readonly segments: number
  /** Errors of the second system − errors of the first, in the mean of the segments: above 0 the second is worse. */
  readonly meanDifference: number
  readonly standardDeviation: number
  /** null where all segments differ by the same number of errors. */
  readonly z: number | null
  /** Two-sided. */
  readonly p: number
  readonly level: number
  readonly significant: boolean
  /** Utterances that count as one segment, because their references were not split into equally many words. */
  readonly wholeUtterances: number
}

/**
 * The matched-pair sentence segment word error test: whether the segments' errors of two systems differ in the mean
 * (Gillick and Cox 1989; `sc_stats -t mapsswe`, to whose segments and Z it is equal). The normal approximation asks for
 * about 50 segments or more. Where every segment differs by the same number of errors there is no Z (`sc_stats` gives 0
 * and no difference); p is then that of the sign test.
 */
export function mapsswe(pairs: readonly AlignedPair[], {level = 0.05} = {}): MapssweResult {
  let wholeUtterances = 0
  const differences = pairs.flatMap(({first, second}) => {
    const segments = sentenceSegments(first, second)
    if (segments === undefined) wholeUtterances++
    return (segments ?? wholeUtterance(first, second)).map(segment => segment.second - segment.first)
  })
  const segments = differences.length
  const mean = segments === 0 ? 0 : differences.reduce((sum, value) => sum + value, 0) / segments
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const standardDeviation = squares === 0 ? 0 : Math.sqrt(squares / (segments - 1))
  const z = squares === 0 ? null : mean / (standardDeviation / Math.sqrt(segments))
  const p = z !== null ? 2 * normalSurvival(Math.abs(z)) : mean === 0 ? 1 : Math.min(1, 2 * 0.5 ** segments)
  return {segments, meanDifference: mean, standardDeviation, z, p, level, significant: p < level, wholeUtterances}
}

function wholeUtterance(first: string, second: string): SegmentErrors[] {
  const errors = {first: errorsIn(first), second: errorsIn(second)}
  return errors.first + errors.second === 0 ? [] : [errors]
}

const errorsIn = (operations: string): number => operations.replaceAll('=', '').length
