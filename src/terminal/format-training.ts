import {formatCount} from '../pipeline/text/format-count.js'
import {formatDuration} from '../pipeline/text/format-duration.js'
import {formatMetric, metricTitle} from '../pipeline/text/format-metric.js'
import {formatWhen} from '../pipeline/training/format-average.js'
import type {TrainEventOf} from '../pipeline/training/train-events.js'

const WORDS = {finished: 'Trained', 'early-stop': 'Stopped early', interrupted: 'Interrupted'} as const

/** How a run ended, what its best was, and where it lies. */
export function formatTraining({reason, steps, epochs, seconds, best, folder}: TrainEventOf<'done'>): string {
  const run = `${WORDS[reason]}: ${formatCount(steps)} steps, ${epochs.toFixed(1)} epochs, ${formatDuration(seconds)}`
  return [run, ...(best === null ? [] : [bestLine(best)]), folder].join('\n')
}

function bestLine({metric, value, dataset, ...place}: NonNullable<TrainEventOf<'done'>['best']>): string {
  return `  best ${metricTitle(metric)} ${formatMetric(metric, value)} on ${dataset}, ${formatWhen(place)}`
}
