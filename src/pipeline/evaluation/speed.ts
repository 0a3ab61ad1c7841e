import type {UtteranceScore} from '../scoring/utterance-score.js'
import {percentile} from '../statistics/percentiles.js'
import type {EvaluationReport} from './evaluation-report.js'

/**
 * How fast the utterances were recognised; null where it was not measured. Audio counts where it was recognised: a
 * recording that failed costs time and gives no speed.
 */
export function speedOf(scores: readonly UtteranceScore[], wallSeconds: number | undefined): EvaluationReport['speed'] {
  if (wallSeconds === undefined) return null
  const recognized = scores.filter(({latencySeconds}) => latencySeconds !== undefined)
  const audioSeconds = sum(recognized.map(({durationSeconds = 0}) => durationSeconds))
  const measured = audioSeconds > 0 && wallSeconds > 0
  return {
    audioSeconds,
    wallSeconds,
    rtfx: measured ? audioSeconds / wallSeconds : null,
    realTimeFactor: measured ? wallSeconds / audioSeconds : null,
    latencySeconds: latencyOf(recognized.map(({latencySeconds = 0}) => latencySeconds)),
  }
}

function latencyOf(seconds: readonly number[]): NonNullable<EvaluationReport['speed']>['latencySeconds'] {
  if (seconds.length === 0) return null
  return {
    count: seconds.length,
    mean: sum(seconds) / seconds.length,
    p50: percentile(seconds, 50),
    p90: percentile(seconds, 90),
    p99: percentile(seconds, 99),
    max: seconds.reduce((a, b) => Math.max(a, b)),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
