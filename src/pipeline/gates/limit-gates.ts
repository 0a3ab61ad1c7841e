import type {GateRecord} from '../evaluation/evaluation-report.js'
import {formatLimit, formatRates, trimmed} from './format-rate.js'
import {exceeds, type Gate} from './gate.js'

/** Gates on one number of the report. */
export const limitGates: readonly Gate[] = [
  ({report, options}) => missingUtterances(report.utterances.missing, report.utterances.total, options.allowMissing),
  ({report, options}) => minSamples(report.utterances.scored, options.minSamples),
  ({report, options}) => ceiling('max-wer', 'WER', report.wer, options.maxWer),
  ({report, options}) => ceiling('max-cer', 'CER', report.cer, options.maxCer),
  ({report, options}) =>
    ceiling('max-empty', 'The share of empty hypotheses', report.collapse.emptyRate, options.maxEmpty),
  ({report, options}) =>
    ceiling('max-repeated', 'The share of repetitive hypotheses', report.collapse.repetitionRate, options.maxRepeated),
  ({report, options}) =>
    ceiling('max-insertions', 'The rate of insertions', report.collapse.insertionRate, options.maxInsertions),
  ({report, options}) => minRtfx(report.speed?.rtfx ?? null, options.minRtfx),
]

/** A rate that must not be above its limit. */
function ceiling(
  gate: GateRecord['gate'],
  what: string,
  actual: number | null,
  limit: number | undefined,
): GateRecord | undefined {
  if (limit === undefined) return undefined
  const asked = `--${gate} ${formatLimit(limit)}`
  if (actual === null)
    return {
      gate,
      passed: false,
      actual,
      limit,
      message: `${what} cannot be had (there are no words), as ${asked} asks.`,
    }
  const {rate, difference} = formatRates(actual, limit)
  const failed = exceeds(actual, limit)
  const message = `${what} ${rate} is ${failed ? `above ${asked} by ${difference}` : `not above ${asked}`}.`
  return {gate, passed: !failed, actual, limit, message}
}

function minRtfx(actual: number | null, limit: number | undefined): GateRecord | undefined {
  if (limit === undefined) return undefined
  const gate = 'min-rtfx'
  const asked = `--min-rtfx ${trimmed(limit)}`
  if (actual === null)
    return {gate, passed: false, actual, limit, message: `The speed was not measured, as ${asked} asks.`}
  const failed = exceeds(limit, actual)
  const came = `RTFx ${actual.toFixed(2)} is`
  const message = failed ? `${came} below ${asked} by ${(limit - actual).toFixed(2)}.` : `${came} not below ${asked}.`
  return {gate, passed: !failed, actual, limit, message}
}

function minSamples(actual: number, limit: number | undefined): GateRecord | undefined {
  if (limit === undefined) return undefined
  const lacking = limit - actual
  const came = `${actual} utterances with a hypothesis`
  const message =
    lacking > 0
      ? `${came}, ${lacking} fewer than --min-samples ${limit}.`
      : `${came}, --min-samples ${limit} asked for.`
  return {gate: 'min-samples', passed: lacking <= 0, actual, limit, message}
}

function missingUtterances(missing: number, total: number, allowed: boolean): GateRecord {
  const came = `${missing} of ${total} utterances ${missing === 1 ? 'has' : 'have'} no hypothesis`
  const message =
    missing === 0
      ? 'No utterance is without a hypothesis.'
      : allowed
        ? `${came}, which --allow-missing lets pass.`
        : `${came}, where none may be missing (--allow-missing lets it pass).`
  return {
    gate: 'missing-utterances',
    passed: missing === 0 || allowed,
    actual: missing,
    limit: allowed ? null : 0,
    message,
  }
}
