import {join} from 'node:path'
import {writeAtomically} from '../transcripts/atomic-write.js'
import type {QuantizationReport} from './quantization-report.js'

const ASSETS = 'quantization.assets'

/**
 * Writes `quantization.json`, `quantization.md` and, where layers were ranked, `quantization.assets/sensitivity.svg` into a
 * folder, each whole or not at all. Gives their paths, relative to it.
 *
 * @throws LinguluError OUTPUT_FAILED; the signal's reason
 */
export async function writeQuantizationReport(
  report: QuantizationReport,
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const [{quantizationMarkdown}, charts] = await Promise.all([
    import('../reports/quantization-markdown.js'),
    drawSensitivity(report),
  ])
  const placed = charts.map(chart => ({...chart, path: `${ASSETS}/${chart.name}.svg`}))
  const files = [
    ...placed.map(({path, svg}) => ({path, content: svg})),
    {path: 'quantization.json', content: `${JSON.stringify(report, null, 2)}\n`},
    {path: 'quantization.md', content: quantizationMarkdown(report, {charts: placed})},
  ]
  await writeAtomically(
    files.map(({path, content}) => ({path: join(folder, path), content})),
    signal,
  )
  return files.map(({path}) => path)
}

/** Drawing is loaded only where there is something to draw. */
async function drawSensitivity(report: QuantizationReport) {
  const {sensitivityChart} = await import('../reports/charts/sensitivity.js')
  const plan = sensitivityChart(report)
  if (plan === undefined) return []
  const {drawCharts} = await import('../reports/charts/draw-charts.js')
  return await drawCharts([plan])
}
