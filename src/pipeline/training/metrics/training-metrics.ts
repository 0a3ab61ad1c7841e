import {join} from 'node:path'
import {markdownFence} from '../../text/markup-text.js'
import {packageVersion} from '../../version.js'
import type {TrainEvent} from '../train-events.js'
import {openEventFile} from './event-file.js'
import {METRICS_NAME, openMetricLog} from './metric-log.js'
import {summaryValues} from './summary-values.js'

export const TENSORBOARD_FOLDER = 'tensorboard'

/** Writes down what happens in a run: `metrics.jsonl`, and event files for TensorBoard in `tensorboard/`. */
export interface TrainingMetrics {
  record(event: TrainEvent): Promise<void>
  close(): Promise<void>
}

export interface TrainingMetricsOptions {
  /** The step that an earlier run in this folder is resumed from; null for a new run. */
  readonly resumedStep: number | null
  /** Whether references and hypotheses may be kept. */
  readonly texts: boolean
  /** Shown as text in TensorBoard. */
  readonly configuration: unknown
  readonly now?: () => Date
}

/**
 * @param folder of the run; it is there.
 * @throws {LinguluError} OUTPUT_EXISTS where a new run would replace a log, JOURNAL_INVALID where the log of the resumed run
 *   is damaged elsewhere than at its end, OUTPUT_FAILED; the last one from every method too
 */
export async function openTrainingMetrics(
  folder: string,
  {resumedStep, texts, configuration, now = () => new Date()}: TrainingMetricsOptions,
): Promise<TrainingMetrics> {
  const log = await openMetricLog(join(folder, METRICS_NAME), resumedStep)
  const board = await openEventFile(join(folder, TENSORBOARD_FOLDER), {
    resumedStep,
    writer: `lingulu ${packageVersion()}`,
    now: now(),
  }).catch(async error => {
    await log.close()
    throw error
  })
  const text = markdownFence(JSON.stringify(configuration, null, 2), 'json')
  await board.write(resumedStep ?? 0, [{tag: 'configuration', text}], now())
  return {
    async record(event) {
      const time = now()
      const summary = summaryValues(event)
      await Promise.all([
        log.record(texts ? event : withoutTexts(event), time),
        summary === undefined ? undefined : board.write(summary.step, summary.values, time),
      ])
      if (LASTING.has(event.type)) await Promise.all([log.sync(), board.sync()])
    },
    async close() {
      await Promise.all([log.close(), board.close()])
    },
  }
}

/** After these it matters that a crash of the machine loses nothing: a resumed run counts on what stood before them. */
const LASTING: ReadonlySet<TrainEvent['type']> = new Set(['plan', 'checkpoint', 'done'])

function withoutTexts(event: TrainEvent): TrainEvent {
  if (event.type !== 'evaluation') return event
  return {...event, results: event.results.map(result => ({...result, examples: []}))}
}
