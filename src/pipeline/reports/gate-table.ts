import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {type Table, textColumn} from './table.js'

/** What was asked of the run, the failures first. */
export function gateTable({gates}: EvaluationReport): Table {
  const sorted = [...gates].sort((a, b) => Number(a.passed) - Number(b.passed))
  return {
    columns: [textColumn('Gate'), textColumn('Verdict'), textColumn('What came')],
    rows: sorted.map(({gate, passed, message}) => [{code: gate}, passed ? '✅ passed' : '❌ failed', message]),
  }
}

/** `2 of 5 gates failed.` */
export function describeGates({gates}: EvaluationReport): string {
  const failed = gates.filter(({passed}) => !passed).length
  if (gates.length === 0) return 'No gates were set.'
  const all = gates.length === 1 ? 'The gate' : `All ${gates.length} gates`
  if (failed === 0) return `${all} passed.`
  return failed === gates.length ? `${all} failed.` : `${failed} of ${gates.length} gates failed.`
}
