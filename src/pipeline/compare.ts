import {resolve} from 'node:path'
import {type ComparisonOptions, compareReports, type NamedReport} from './comparison/compare-reports.js'
import type {ComparisonDocument} from './comparison/comparison-document.js'
import {labelFiles} from './comparison/label-files.js'
import {LinguluError} from './errors.js'
import {readReport} from './evaluation/read-report.js'

/**
 * Puts the reports of evaluations side by side, and tests each run against the first where both were asked the same.
 *
 * @param files two or more JSON reports
 * @throws LinguluError USAGE for fewer than two, or one given twice; CONFIG_INVALID for a file that is no report
 */
export async function compare(
  files: readonly string[],
  options: ComparisonOptions = {},
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): Promise<ComparisonDocument> {
  const paths = files.map(file => resolve(file))
  const twice = files.find((file, index) => paths.indexOf(resolve(file)) !== index)
  if (twice !== undefined) throw new LinguluError('USAGE', `${twice} is given twice.`)
  const labels = labelFiles(files)
  const [first, second, ...others] = files.map((file, index) => async (): Promise<NamedReport> => {
    return {label: labels[index] ?? file, file, report: await readReport(file, signal)}
  })
  if (first === undefined || second === undefined)
    throw new LinguluError('USAGE', 'A comparison needs two reports or more.', {
      hint: 'lingulu compare before.json after.json',
    })
  return compareReports([await first(), await second(), ...(await Promise.all(others.map(read => read())))], options)
}
