import {rm} from 'node:fs/promises'
import {dirname} from 'node:path'
import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {type FileContent, writeAtomically} from '../transcripts/atomic-write.js'
import type {Chart} from './charts/chart.js'
import {checkTargets} from './check-targets.js'
import {isEarlierReport} from './earlier-report.js'
import {evaluationHtml} from './evaluation-html.js'
import {evaluationMarkdown} from './evaluation-markdown.js'
import {junitReport} from './junit-report.js'
import {reportJson} from './report-json.js'
import type {ReportFiles, ReportTargets} from './report-targets.js'

/**
 * Writes a report in all forms that were asked for, each file whole or not at all, and removes charts of an earlier report
 * that this one does not have.
 * @returns the paths that were written.
 * @throws {LinguluError} as {@link checkTargets}, and OUTPUT_FAILED.
 */
export async function writeReports(
  report: EvaluationReport,
  targets: ReportTargets,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const files = await checkTargets(targets)
  const charts = (targets.charts ?? true) ? await chartsFor(report, files) : []
  const contents = fileContents(report, files, charts)
  await writeAtomically(contents, signal)
  const written = contents.map(({path}) => path)
  // A chart that stayed from an earlier report would look as if it belonged to this one.
  for (const {path} of files.charts) {
    if (!written.includes(path) && (await isEarlierReport(path))) await rm(path, {force: true})
  }
  return written
}

/** Drawing is loaded only where something shows what was drawn. */
async function chartsFor(report: EvaluationReport, {markdown, html}: ReportFiles): Promise<Chart[]> {
  if (markdown === undefined && html === undefined) return []
  const [{planCharts}, {drawCharts}] = await Promise.all([
    import('./charts/plan-charts.js'),
    import('./charts/draw-charts.js'),
  ])
  return drawCharts(planCharts(report))
}

function fileContents(report: EvaluationReport, files: ReportFiles, charts: readonly Chart[]): FileContent[] {
  const contents: FileContent[] = []
  const add = (path: string | undefined, render: (path: string) => string): void => {
    if (path !== undefined) contents.push({path, content: render(path)})
  }
  const chartFiles = charts.flatMap(chart => {
    const place = files.charts.find(({name}) => name === chart.name)
    return place === undefined ? [] : [{...chart, file: place.path, path: place.relative}]
  })
  for (const {file, svg} of chartFiles) add(file, () => svg)
  add(files.json, () => reportJson(report))
  add(files.html, path => evaluationHtml(report, {charts, folder: dirname(path)}))
  add(files.junit, () => junitReport(report))
  // Last, so that what it refers to is there before it.
  add(files.markdown, () => evaluationMarkdown(report, {charts: chartFiles}))
  return contents
}
