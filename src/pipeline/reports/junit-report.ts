import type {EvaluationReport, GateRecord} from '../evaluation/evaluation-report.js'
import {escapeMarkup} from '../text/markup-text.js'
import {REPORT_MARKER} from './report-marker.js'

const CLASS_NAME = 'lingulu.evaluate'

/**
 * The gates as JUnit XML: one test case each, with the measures as properties of the suite. Without gates there is one test
 * case that passed, because an empty suite is an error to many readers.
 */
export function junitReport(report: EvaluationReport): string {
  const cases = report.gates.length === 0 ? [testCase('evaluated')] : report.gates.map(gateCase)
  const failures = report.gates.filter(({passed}) => !passed).length
  const seconds = Math.max(0, (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000)
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" time="${seconds.toFixed(3)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
${REPORT_MARKER}
<testsuites name="lingulu" ${counts}>
  <testsuite name="${escapeMarkup(report.name)}" ${counts} skipped="0" timestamp="${timestamp(report.startedAt)}">
    <properties>
${properties(report).join('\n')}
    </properties>
${cases.join('\n')}
  </testsuite>
</testsuites>
`
}

const testCase = (name: string, failure = ''): string => {
  const open = `    <testcase classname="${CLASS_NAME}" name="${escapeMarkup(name)}" time="0"`
  return failure === '' ? `${open}/>` : `${open}>\n${failure}\n    </testcase>`
}

function gateCase({gate, passed, message}: GateRecord): string {
  if (passed) return testCase(gate)
  const text = escapeMarkup(message)
  return testCase(gate, `      <failure type="${escapeMarkup(gate)}" message="${text}">${text}</failure>`)
}

function properties(report: EvaluationReport): string[] {
  const {utterances, words, model, dataset, normalizer, speed, environment} = report
  const values: Record<string, string | number | null | undefined> = {
    wer: report.wer,
    werLow: report.intervals.wer?.low,
    werHigh: report.intervals.wer?.high,
    cer: report.cer,
    mer: report.mer,
    wil: report.wil,
    wip: report.wip,
    sentenceAccuracy: report.sentenceAccuracy,
    substitutions: words.substitutions,
    deletions: words.deletions,
    insertions: words.insertions,
    utterances: utterances.total,
    failed: utterances.failed,
    missing: utterances.missing,
    rtfx: speed?.rtfx,
    dataset: dataset.name,
    datasetHash: dataset.hash,
    model: model?.name,
    modelHash: model?.hash,
    normalizer: normalizer.name,
    normalizerHash: normalizer.hash,
    version: environment.version,
    command: report.command,
  }
  return Object.entries(values).flatMap(([name, value]) =>
    value === null || value === undefined
      ? []
      : [`      <property name="${name}" value="${escapeMarkup(String(value))}"/>`],
  )
}

/** As JUnit's schema has it: seconds, without a zone. */
const timestamp = (date: string): string => new Date(date).toISOString().slice(0, 19)
