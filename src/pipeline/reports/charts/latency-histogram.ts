import type {EvaluationReport} from '../../evaluation/evaluation-report.js'
import {formatSeconds} from '../../text/format-duration.js'
import type {ChartPlan} from './chart.js'
import {CHART_STYLE, CHART_WIDTH, COLOURS} from './chart-style.js'

const MOST_BINS = 40
const HEIGHT = 180 // pixels

/** How the latencies of the utterances spread. Undefined where fewer than two were measured. */
export function latencyHistogram({scores, speed}: EvaluationReport): ChartPlan | undefined {
  const latencies = scores.flatMap(({latencySeconds}) => latencySeconds ?? [])
  const summary = speed?.latencySeconds
  if (latencies.length < 2 || summary === null || summary === undefined) return undefined
  const percentiles = (['p50', 'p90', 'p99'] as const).map(name => ({name, seconds: summary[name]}))
  const described = percentiles.map(({name, seconds}) => `${name} ${formatSeconds(seconds)}`).join(', ')
  const x = {
    type: 'quantitative',
    title: 'seconds from the start of an utterance to its text',
    axis: {grid: false},
  } as const
  return {
    name: 'latency',
    title: 'Latency',
    alternative: `Distribution of the latency of ${latencies.length} utterances: ${described}.`,
    specification: {
      config: CHART_STYLE,
      title: {text: 'Latency', subtitle: described},
      width: CHART_WIDTH,
      height: HEIGHT,
      layer: [
        {
          data: {values: histogram(latencies)},
          mark: {type: 'rect', color: COLOURS.bar, stroke: '#ffffff', strokeWidth: 1},
          encoding: {
            x: {...x, field: 'from'},
            x2: {field: 'to'},
            y: {field: 'utterances', type: 'quantitative', axis: {format: ',d', tickMinStep: 1}},
            y2: {datum: 0},
          },
        },
        {
          data: {values: percentiles},
          mark: {type: 'rule', color: COLOURS.overall, strokeDash: [5, 4], strokeWidth: 1.5},
          encoding: {x: {...x, field: 'seconds'}},
        },
        {
          data: {values: percentiles},
          mark: {type: 'text', color: '#1f2328', fontSize: 11, align: 'left', dx: 3, baseline: 'bottom', y: 0},
          encoding: {x: {...x, field: 'seconds'}, text: {field: 'name', type: 'nominal'}},
        },
      ],
    },
  }
}

interface Bin {
  readonly from: number
  readonly to: number
  readonly utterances: number
}

/** Bins of a round width, from 0 on, so that the axis begins there and its marks are round too. */
function histogram(latencies: readonly number[]): Bin[] {
  const largest = latencies.reduce((most, seconds) => Math.max(most, seconds), 0)
  const step = roundStep(largest / MOST_BINS)
  const counts = new Map<number, number>()
  for (const seconds of latencies) {
    const index = Math.floor(seconds / step)
    counts.set(index, (counts.get(index) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([index, utterances]) => ({from: index * step, to: (index + 1) * step, utterances}))
}

/** The next of 1, 2, 5, 10 times a power of ten. */
function roundStep(least: number): number {
  if (least <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5].find(factor => factor * power >= least) ?? 10)
}
