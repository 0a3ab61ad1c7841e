import {formatCount} from '../text/format-count.js'
import {formatP} from '../text/format-p.js'
import {formatPercent} from '../text/format-percent.js'
import {formatPoints, formatSigned} from '../text/format-points.js'
import type {ComparisonDocument, DifferenceRecord} from './comparison-document.js'

type Tests = NonNullable<DifferenceRecord['tests']>
export type Fact = readonly [name: string, value: string]

/** How a run differs from the first, a fact a line: for the terminal and for Markdown. Nothing is escaped. */
export function describeDifference(difference: DifferenceRecord, {runs}: Pick<ComparisonDocument, 'runs'>): Fact[] {
  const first = runs[0]?.label ?? ''
  const {label, tests, wer, cer, sentenceAccuracy, notComparable} = difference
  return [
    ['WER', `${formatPoints(wer)}${describeRelative(difference.relativeWer)}`],
    ...(tests === null
      ? [['Tests', `none: ${notComparable.join('; ')}`] as const]
      : [
          ['Interval', describeInterval(tests.bootstrap)] as const,
          ['MAPSSWE', describeMapsswe(tests.mapsswe, label)] as const,
          ['McNemar', describeMcNemar(tests.mcnemar, first, label)] as const,
        ]),
    ['CER', formatPoints(cer)],
    ['Sentence accuracy', formatPoints(sentenceAccuracy)],
    ...describeUtterances(difference),
    ...describeSpeed(difference, first),
  ]
}

const describeRelative = (relative: number | null): string =>
  relative === null ? '' : ` (${formatSigned(relative * 100, 1)} % of it)`

function describeInterval(bootstrap: Tests['bootstrap']): string {
  if (bootstrap === null) return 'none: too few units to draw from'
  const {low, high, level, by, units, p, improvement} = bootstrap
  return (
    `${formatSigned(low * 100, 2)} to ${formatPoints(high)} at ${formatPercent(level, 0)}, ${formatP(p)}, ` +
    `better in ${formatPercent(improvement, 1)} of the draws (paired bootstrap over ${formatCount(units)} ${by}s)`
  )
}

/** Below so many segments the normal approximation of MAPSSWE is rough (Gillick and Cox). */
const FEW_SEGMENTS = 50

function describeMapsswe({p, segments, significant, level, meanDifference}: Tests['mapsswe'], label: string): string {
  const verdict = significant
    ? `significant at ${level}: ${label} makes ${meanDifference > 0 ? 'more' : 'fewer'} errors`
    : `not significant at ${level}`
  const few = segments < FEW_SEGMENTS ? '; so few segments make it rough' : ''
  return `${formatP(p)} over ${formatCount(segments)} ${segments === 1 ? 'segment' : 'segments'}, ${verdict}${few}`
}

function describeMcNemar({p, significant, level, ...counts}: Tests['mcnemar'], first: string, label: string): string {
  const verdict = `${significant ? '' : 'not '}significant at ${level}`
  const {firstOnly, secondOnly} = counts
  return `${formatP(p)}, ${verdict}; right only in ${first}: ${formatCount(firstOnly)}, only in ${label}: ${formatCount(secondOnly)}`
}

function describeUtterances({improvedUtterances, worsenedUtterances}: DifferenceRecord): Fact[] {
  if (improvedUtterances === null || worsenedUtterances === null) return []
  return [['Utterances', `${formatCount(improvedUtterances)} better, ${formatCount(worsenedUtterances)} worse`]]
}

function describeSpeed({speedup, otherMachine}: DifferenceRecord, first: string): Fact[] {
  if (otherMachine !== null) return [['Speed', `not to be compared, another machine: ${otherMachine}`]]
  return speedup === null ? [] : [['Speed', `${speedup.toFixed(2)} × the RTFx of ${first}`]]
}
