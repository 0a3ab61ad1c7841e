import {pairScores} from '../comparison/pair-scores.js'
import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {type MapssweResult, mapsswe} from '../statistics/mapsswe.js'
import {formatP} from '../text/format-p.js'

/** Whether a run differs from the baseline by more than chance; a sentence instead, where that cannot be told. */
export function testAgainst(
  baseline: EvaluationReport,
  report: EvaluationReport,
  level: number,
): MapssweResult | string {
  const pairs = pairScores(baseline, report)
  if (typeof pairs === 'string') return pairs
  return mapsswe(
    pairs.map(({first, second}) => ({first: first.operations, second: second.operations})),
    {level},
  )
}

export const describeTest = ({p, segments}: MapssweResult): string =>
  `MAPSSWE ${formatP(p)} over ${segments} ${segments === 1 ? 'segment' : 'segments'}`
