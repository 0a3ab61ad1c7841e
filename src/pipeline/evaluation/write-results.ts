import {resolve} from 'node:path'
import {readBaseline} from '../gates/read-baseline.js'
import {reportJson} from '../reports/report-json.js'
import {writeReports} from '../reports/write-report.js'
import {writeAtomically} from '../transcripts/atomic-write.js'
import type {EvaluationReport} from './evaluation-report.js'
import type {FileOptions, OutputPlan} from './output-files.js'
import {exists} from './read-store.js'

/**
 * The report to measure against; undefined where none was named, or where there is none yet and this run makes it.
 *
 * @throws LinguluError CONFIG_INVALID for a file that is no report
 */
export async function findBaseline(
  {baseline, updateBaseline}: Pick<FileOptions, 'baseline' | 'updateBaseline'>,
  signal?: AbortSignal | undefined,
): Promise<EvaluationReport | undefined> {
  if (baseline === undefined || (updateBaseline && !(await exists(baseline)))) return undefined
  return readBaseline(baseline, signal)
}

/**
 * Writes what was asked for, and the baseline where it is to be replaced and neither a gate nor an utterance has failed. Gives the paths.
 *
 * @throws LinguluError OUTPUT_FAILED; OUTPUT_EXISTS where a file has come up meanwhile
 */
export async function writeResults(
  report: EvaluationReport,
  {targets}: OutputPlan,
  {baseline, updateBaseline}: FileOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const written = [...(await writeReports(report, targets, signal))]
  const isSound = report.failures.length === 0 && report.gates.every(({passed}) => passed)
  if (!updateBaseline || baseline === undefined || !isSound) return written
  const path = resolve(baseline)
  await writeAtomically([{path, content: reportJson(report)}], signal)
  return [...written, path]
}
