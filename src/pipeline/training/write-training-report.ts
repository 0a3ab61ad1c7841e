import {join} from 'node:path'
import {writeAtomically} from '../transcripts/atomic-write.js'
import type {TrainingReport} from './training-report.js'

const ASSETS = 'training.assets'

/**
 * Writes `training.json`, `training.md` and the charts, in `training.assets/`, into the folder of a run, each whole or not at
 * all; those of the run that was resumed are replaced. Gives their paths, relative to it.
 *
 * @throws {LinguluError} OUTPUT_FAILED; the signal's reason
 */
export async function writeTrainingReport(
  report: TrainingReport,
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  // Drawing takes most of a second to load.
  const [{trainingMarkdown}, {planTrainingCharts}, {drawCharts}] = await Promise.all([
    import('../reports/training-markdown.js'),
    import('../reports/charts/training-curves.js'),
    import('../reports/charts/draw-charts.js'),
  ])
  const charts = (await drawCharts(planTrainingCharts(report))).map(chart => ({
    ...chart,
    path: `${ASSETS}/${chart.name}.svg`,
  }))
  const files = [
    ...charts.map(({path, svg}) => ({path, content: svg})),
    {path: 'training.json', content: `${JSON.stringify(report, null, 2)}\n`},
    // Last, so that what it refers to is there before it.
    {path: 'training.md', content: trainingMarkdown(report, {charts})},
  ]
  await writeAtomically(
    files.map(({path, content}) => ({path: join(folder, path), content})),
    signal,
  )
  return files.map(({path}) => path)
}
