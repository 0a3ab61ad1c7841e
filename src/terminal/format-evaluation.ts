import type {EvaluationReport, WorstRecord} from '../pipeline/evaluation/evaluation-report.js'
import {describeInterval} from '../pipeline/reports/summary-table.js'
import {errorsOf, referenceLength} from '../pipeline/scoring/error-counts.js'
import {formatAlignment} from '../pipeline/scoring/format-alignment.js'
import {formatCount} from '../pipeline/text/format-count.js'
import {formatDuration, formatSeconds} from '../pipeline/text/format-duration.js'
import {formatPercent} from '../pipeline/text/format-percent.js'

/** The numbers of an evaluation, and the worst utterances where they are asked for. */
export function formatEvaluation(report: EvaluationReport, {worst}: {readonly worst: number}): string {
  const {intervals, words, utterances, normalizer} = report
  const counts = [
    `S ${formatCount(words.substitutions)}, D ${formatCount(words.deletions)}, I ${formatCount(words.insertions)}`,
    `${formatCount(errorsOf(words))} errors in ${formatCount(referenceLength(words))} words`,
    `${formatCount(utterances.correct)} of ${formatCount(utterances.total)} utterances without an error`,
  ]
  const lines = [
    report.name,
    `WER   ${formatPercent(report.wer)}   ${describeInterval(intervals.wer)}`,
    `CER   ${formatPercent(report.cer)}   ${describeInterval(intervals.cer)}`,
    `      ${counts.join('; ')}`,
    ...speedLines(report),
    `      normalizer ${normalizer.name} (${normalizer.hash.slice(0, 12)})`,
    ...incomplete(report).map(line => `      ${line}`),
    ...report.worst.slice(0, worst).map(formatWorst),
  ]
  return lines.join('\n')
}

function speedLines({speed}: EvaluationReport): string[] {
  if (speed === null || speed.rtfx === null) return []
  const {rtfx, audioSeconds, wallSeconds, latencySeconds: latency} = speed
  const percentiles =
    latency === null
      ? ''
      : `; latency p50 ${formatSeconds(latency.p50)}, p90 ${formatSeconds(latency.p90)}, p99 ${formatSeconds(latency.p99)}`
  const times = `${formatDuration(audioSeconds)} of audio in ${formatDuration(wallSeconds)}`
  return [`RTFx  ${rtfx.toPrecision(3)}   ${times}${percentiles}`]
}

/** What makes the numbers worse than the model is. */
function incomplete({utterances: {failed, missing}}: EvaluationReport): string[] {
  return [
    ...(failed > 0 ? [`${formatCount(failed)} utterances failed and count as empty`] : []),
    ...(missing > 0 ? [`${formatCount(missing)} utterances have no hypothesis and count as empty`] : []),
  ]
}

function formatWorst({id, wer, reference, hypothesis, operations}: WorstRecord): string {
  const count = (operation: string) => operations.split(operation).length - 1
  const counts = {hits: count('='), substitutions: count('S'), deletions: count('D'), insertions: count('I')}
  return `\n${id}: WER ${formatPercent(wer)}\n${formatAlignment({reference, hypothesis, operations, counts})}`
}

const SHOWN_FAILURES = 20

/** A line for each utterance that failed, then what can be done about it. */
export function formatFailedUtterances({failures}: Pick<EvaluationReport, 'failures'>): string {
  const shown = failures.slice(0, SHOWN_FAILURES)
  const hints = new Set(shown.flatMap(({error}) => error.hint ?? []))
  const rest = failures.length - shown.length
  return [
    ...shown.map(({id, error}) => `  ✗ ${id}: ${error.message}`),
    ...(rest > 0 ? [`  ✗ and ${rest} more, in the report`] : []),
    ...[...hints].map(hint => `  → ${hint}`),
  ].join('\n')
}
