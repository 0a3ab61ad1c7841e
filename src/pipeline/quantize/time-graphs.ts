import {startAskedProcess} from '../runtime/asked-process.js'
import type {SessionOptions} from '../runtime/session.js'
import {siblingEntry} from '../runtime/start-entry.js'
import {percentile} from '../statistics/percentiles.js'
import type {LatencyRecord, SpreadRecord} from './quantization-report.js'
import type {TimeAnswer, TimeQuestion} from './time-child.js'

export interface GraphTimes {
  readonly load: SpreadRecord
  /** Of the graphs that have feeds. */
  readonly latencies: readonly LatencyRecord[]
}

/**
 * Opens the graphs of a model and runs each on a typical sample of its feeds, in a process of its own: warm-up first, then
 * `rounds` times.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID, PROVIDER_UNAVAILABLE, WORKER_CRASHED; the signal's reason
 */
export async function timeGraphs(
  graphs: TimeQuestion['graphs'],
  {
    session,
    rounds,
    signal,
  }: {readonly session: SessionOptions; readonly rounds: number; readonly signal?: AbortSignal | undefined},
): Promise<GraphTimes> {
  await using child = startAskedProcess<TimeQuestion, TimeAnswer>(siblingEntry('./time-child', import.meta.url), {
    who: 'The process that times the model',
    signal,
  })
  const {load, latencies} = await child.ask({graphs, session, rounds})
  return {
    load: spreadOf(load),
    latencies: latencies.map(({seconds, ...graph}) => ({...graph, ...spreadOf(seconds)})),
  }
}

const spreadOf = (seconds: readonly number[]): SpreadRecord => ({
  rounds: seconds.length,
  median: percentile(seconds, 50),
  low: percentile(seconds, 0),
  high: percentile(seconds, 100),
})
