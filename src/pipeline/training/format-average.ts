import {formatCount} from '../text/format-count.js'
import {formatMetric, metricTitle} from '../text/format-metric.js'
import type {AverageEvaluation, BestEvaluation} from './train-events.js'

/** Where in a run its best weights come from: `after step 1,200`, `the mean of steps 800, 1,000 and 1,200`. */
export function formatWhen({step, averaged}: Pick<BestEvaluation, 'step' | 'averaged'>): string {
  return averaged.length === 0 ? `after step ${formatCount(step)}` : `the mean of ${formatSteps(averaged)}`
}

/** `The mean of steps 800 and 1,200: WER 12.34 % on dev.csv; better than the best of them: it is the model`. */
export function formatAverage({steps, results, better}: AverageEvaluation): string {
  const measures = results.map(({dataset, metrics}) => {
    const found = Object.entries(metrics).map(
      ([metric, value]) => `${metricTitle(metric)} ${formatMetric(metric, value)}`,
    )
    return `${found.join(', ')} on ${dataset}`
  })
  const verdict = better ? 'better than the best of them: it is the model' : 'no better than the best of them, left out'
  return [`The mean of ${formatSteps(steps)}: ${measures[0] ?? ''}`, ...measures.slice(1), verdict].join('; ')
}

const formatSteps = (steps: readonly number[]): string =>
  `steps ${steps.slice(0, -1).map(formatCount).join(', ')} and ${formatCount(steps.at(-1) ?? 0)}`
