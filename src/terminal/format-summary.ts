import type {SummaryRecord} from '../pipeline/transcripts/results.js'
import {failureLine} from './failure-line.js'

/** A line on what was done: counts, audio, speed. */
export function formatSummary({inputs, audioSeconds, wallSeconds, rtfx, suspects}: SummaryRecord): string {
  const {total, ok, failed, skipped, resumed} = inputs
  const counts = [
    [ok - resumed, 'transcribed'],
    [resumed, 'done before'],
    [skipped, 'skipped, its outputs are there'],
    [failed, 'failed'],
    [total - ok - skipped - failed, 'not begun'],
    [suspects, suspects === 1 ? 'doubtful segment' : 'doubtful segments'],
  ] as const
  const shown = counts.filter(([count], index) => count > 0 || index === 0)
  const done = shown.map(([count, what]) => `${count} ${what}`).join(', ')
  if (rtfx === null) return `${done}.`
  return `${done}; ${audioSeconds.toFixed(1)} s of audio in ${wallSeconds.toFixed(1)} s (${rtfx.toFixed(1)}x real time).`
}

/** A line for each input that failed, then what can be done about it. */
export function formatFailures({failures}: Pick<SummaryRecord, 'failures'>): string {
  const hints = new Set(failures.flatMap(({error}) => error.hint ?? []))
  return [...failures.map(failure => `  ✗ ${failureLine(failure)}`), ...[...hints].map(hint => `  → ${hint}`)].join(
    '\n',
  )
}
