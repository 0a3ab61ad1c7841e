import {REPORT_MARKER} from '../report-marker.js'
import type {Chart, ChartPlan} from './chart.js'

/**
 * Draws charts as SVG, without a browser. The same plans give the same bytes on every machine. The libraries are loaded
 * here and not before: they take most of a second.
 */
export async function drawCharts<Name extends string>(plans: readonly ChartPlan<Name>[]): Promise<Chart<Name>[]> {
  if (plans.length === 0) return []
  const [vega, {compile}] = await Promise.all([import('vega'), import('vega-lite')])
  estimateTextWidths(vega)
  const charts: Chart<Name>[] = []
  for (const {name, title, alternative, specification} of plans) {
    const {spec} = compile(specification)
    const view = new vega.View(vega.parse(spec), {renderer: 'none', logLevel: vega.Error, loader: closedLoader(vega)})
    try {
      charts.push({name, title, alternative, svg: `${REPORT_MARKER}\n${await view.toSVG()}\n`})
    } finally {
      view.finalize()
    }
  }
  return charts
}

type Vega = typeof import('vega')

/** Vega measures texts with the `canvas` package where it happens to be installed; then places depend on its fonts. */
function estimateTextWidths(vega: Vega): void {
  if ('textMetrics' in vega) (vega.textMetrics as TextMetrics).canvas(false)
}

/** Lacking in Vega's types. */
interface TextMetrics {
  canvas(use: boolean): void
}

/** Nothing is fetched, whatever a specification says. */
function closedLoader(vega: Vega) {
  const refuse = () => Promise.reject(new Error('a chart wanted to load something'))
  return {...vega.loader(), load: refuse, sanitize: refuse, http: refuse, file: refuse}
}
