import {stat} from 'node:fs/promises'
import type {TrainEvent} from '../train-events.js'
import {type GrowingFile, openGrowingFile} from './growing-file.js'
import {formatMetricLine, readMetricLines, stepOf} from './metric-line.js'

export const METRICS_NAME = 'metrics.jsonl'

/** The log of a run: JSON Lines, an event a line. */
export interface MetricLog {
  /** When it returns, a kill of the process no longer loses the line. */
  record(event: TrainEvent, now: Date): Promise<void>
  /** A crash of the machine loses nothing that was recorded before. */
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Begins the log of a run, or goes on with that of the run that is resumed: what that one logged after `resumedStep` is
 * dropped, for it is done again; so is a last line that was torn.
 *
 * @throws {LinguluError} OUTPUT_EXISTS where a new run would replace a log; JOURNAL_INVALID as {@link readMetricLines};
 *   OUTPUT_FAILED, from every method too
 */
export async function openMetricLog(path: string, resumedStep: number | null): Promise<MetricLog> {
  const isThere = resumedStep !== null && (await stat(path).catch(() => undefined)) !== undefined
  const file: GrowingFile = await openGrowingFile(path, isThere ? await wholeBytes(path, resumedStep) : undefined)
  return {
    record: (event, now) => file.append(Buffer.from(formatMetricLine({time: now.toISOString(), event}))),
    sync: () => file.sync(),
    close: () => file.close(),
  }
}

/** Where the last line ends that stays. */
async function wholeBytes(path: string, resumedStep: number): Promise<number> {
  let bytes = 0
  for await (const {event, endBytes} of readMetricLines(path)) {
    if ((stepOf(event) ?? 0) > resumedStep) break
    bytes = endBytes
  }
  return bytes
}
