import type {EvaluationReport, IntervalRecord} from '../evaluation/evaluation-report.js'
import {errorsOf, referenceLength} from '../scoring/error-counts.js'
import {formatCount} from '../text/format-count.js'
import {formatDuration, formatSeconds} from '../text/format-duration.js'
import {formatPercent} from '../text/format-percent.js'
import {percentCell} from './cells.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

/** The measures of the whole: what is read first. */
export function summaryTable(report: EvaluationReport): Table {
  return {
    columns: [textColumn('Measure'), numberColumn('Value'), textColumn('Note')],
    rows: [...errorRows(report), ...speedRows(report)],
  }
}

function errorRows(report: EvaluationReport): Cell[][] {
  const {words, intervals, utterances} = report
  return [
    ['WER, word error rate', percentCell(report.wer), describeInterval(intervals.wer)],
    ['CER, character error rate', percentCell(report.cer), describeInterval(intervals.cer)],
    ['MER, match error rate', percentCell(report.mer), ''],
    ['WIL, word information lost', percentCell(report.wil), ''],
    ['WIP, word information preserved', percentCell(report.wip), ''],
    [
      'Word errors',
      formatCount(errorsOf(words)),
      `S ${formatCount(words.substitutions)}, D ${formatCount(words.deletions)}, I ${formatCount(words.insertions)}; ` +
        `${formatCount(referenceLength(words))} words in the reference`,
    ],
    [
      'Sentence accuracy',
      percentCell(report.sentenceAccuracy),
      `${formatCount(utterances.correct)} of ${formatCount(utterances.total)} utterances without an error`,
    ],
    ['Detectable difference of WER', ...detectableCells(report)],
  ]
}

function detectableCells({detectable}: EvaluationReport): [Cell, Cell] {
  if (detectable === null) return ['n/a', '']
  return [
    {text: `${(detectable.wer * 100).toFixed(2)} points`, value: detectable.wer},
    `found with a power of ${formatPercent(detectable.power, 0)} at a level of ${formatPercent(detectable.level, 0)}, ` +
      `if two systems' errors correlate with ${detectable.correlation}`,
  ]
}

function speedRows({speed}: EvaluationReport): Cell[][] {
  if (speed === null) return []
  const {latencySeconds: latency} = speed
  const rows: Cell[][] = [
    [
      'RTFx, seconds of audio per second',
      speed.rtfx === null ? 'n/a' : {text: speed.rtfx.toPrecision(3), value: speed.rtfx},
      `${formatDuration(speed.audioSeconds)} of audio in ${formatDuration(speed.wallSeconds)}`,
    ],
  ]
  if (latency === null) return rows
  const {p50, p90, p99} = latency
  const percentiles = [p50, p90, p99].map(formatSeconds).join(' / ')
  const note = `of ${formatCount(latency.count)} utterances; mean ${formatSeconds(latency.mean)}, most ${formatSeconds(latency.max)}`
  return [...rows, ['Latency, p50 / p90 / p99', percentiles, note]]
}

/** `95 % interval 6.81 % – 7.90 % (bootstrap over 33 speakers)`. */
export function describeInterval(interval: IntervalRecord | null): string {
  if (interval === null) return 'no interval: too few units to draw from'
  const {level, by, units} = interval
  return `${formatPercent(level, 0)} interval ${intervalRange(interval)} (bootstrap over ${formatCount(units)} ${by}s)`
}

export const intervalRange = ({low, high}: IntervalRecord): string => `${formatPercent(low)} – ${formatPercent(high)}`
