import {rm, stat} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {LinguluError} from './errors.js'
import {gatherEnvironment} from './evaluation/environment.js'
import {streamEvents} from './runtime/event-stream.js'
import {keepCheckpoints} from './training/best-checkpoints.js'
import {buildTrainingReport} from './training/build-training-report.js'
import {checkpointFolder, listCheckpoints} from './training/checkpoint/checkpoint-files.js'
import {type ReadCheckpoint, rateCheckpoints, readCheckpoint} from './training/checkpoint/read-checkpoint.js'
import {weightsOf} from './training/checkpoint/weights-of.js'
import {rewriteState, writeCheckpoint} from './training/checkpoint/write-checkpoint.js'
import type {TrainConfig} from './training/config/train-config.js'
import {finalWeights} from './training/final-weights.js'
import {hashModelFolder} from './training/hash-model-folder.js'
import {type MetricLine, readMetricLines} from './training/metrics/metric-line.js'
import {METRICS_NAME} from './training/metrics/metric-log.js'
import {openTrainingMetrics, type TrainingMetrics} from './training/metrics/training-metrics.js'
import {openRun, type TrainingRun} from './training/open-run.js'
import type {TrainEvent} from './training/train-events.js'
import {type RunPosition, runTrainer, type TrainerOutcome} from './training/trainer.js'
import {writeTrainingReport} from './training/write-training-report.js'
import {writeFolder} from './transcripts/draft-folder.js'
import {lockOutputs} from './transcripts/output-lock.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

export interface TrainOptions {
  /** Go on from the last checkpoint of output_dir. */
  readonly resume?: boolean | undefined
  /** The command line that repeats it, for the report. */
  readonly command?: string | undefined
}

type Emit = (event: TrainEvent) => void

/** The folder below output_dir with the model that training ends with: the best checkpoint's. */
export const MODEL_FOLDER = 'model'

/**
 * Trains a model. In `output_dir` come to be: `checkpoint-<step>` folders, from the last of which `resume` goes on exactly;
 * `model/`, the best of them; `metrics.jsonl`, TensorBoard's event files and `training.md`.
 *
 * When the signal comes, the run ends after the step under way with a checkpoint.
 *
 * @throws LinguluError CONFIG_INVALID, MANIFEST_INVALID, MODEL_MISSING, …; OUTPUT_EXISTS where a run lies in output_dir
 *   already; USAGE where there is nothing to resume, or another run is writing; TRAINING_DIVERGED naming the recordings;
 *   PROVIDER_UNAVAILABLE; the signal's reason
 */
export function train(
  config: TrainConfig,
  options: TrainOptions = {},
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<TrainEvent> {
  return streamEvents<TrainEvent>(async (emit, abort) => runLocked(config, options, emit, abort.signal), signal)
}

async function runLocked(config: TrainConfig, options: TrainOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const folder = resolve(config.output_dir)
  const lock = await lockOutputs(folder)
  try {
    const earlier = await findEarlier(folder, options)
    const run = await openRun(config, {folder, earlier, emit, signal})
    try {
      await runLogged(run, {config, options, folder, earlier, emit, signal})
    } finally {
      await run.close()
    }
  } finally {
    await lock.release()
  }
  signal.throwIfAborted()
}

/** @throws LinguluError OUTPUT_EXISTS, USAGE */
async function findEarlier(folder: string, {resume = false}: TrainOptions): Promise<ReadCheckpoint | undefined> {
  const steps = await listCheckpoints(folder)
  const last = steps.at(-1)
  const begun = (await stat(join(folder, METRICS_NAME)).catch(() => undefined)) !== undefined
  if (resume) {
    if (last !== undefined) return readCheckpoint(checkpointFolder(folder, last))
    if (begun) throw new LinguluError('USAGE', `${folder} has no checkpoint to go on from.`, {hint: STARTS_ANEW})
    throw new LinguluError('USAGE', `${folder} has no run to go on with.`, {hint: 'Leave --resume out.'})
  }
  if (!begun && last === undefined) {
    for (const name of WRITTEN) await refuseExisting(join(folder, name))
    return undefined
  }
  throw new LinguluError('OUTPUT_EXISTS', `There is a run in ${folder} already.`, {
    hint: '--resume goes on with it; else choose another output_dir, or remove it.',
  })
}

/** What a run makes at its end, replacing what stands there. */
const WRITTEN = [MODEL_FOLDER, 'training.md', 'training.json', 'training.assets']

const STARTS_ANEW = 'Remove the folder, or choose another output_dir, and leave --resume out.'

interface LoggedRun {
  readonly config: TrainConfig
  readonly options: TrainOptions
  readonly folder: string
  readonly earlier: ReadCheckpoint | undefined
  readonly emit: Emit
  readonly signal: AbortSignal
}

async function runLogged(run: TrainingRun, logged: LoggedRun): Promise<void> {
  const {config, folder, earlier, signal} = logged
  const began = performance.now() - 1000 * (earlier?.state.seconds ?? 0)
  const seconds = () => (performance.now() - began) / 1000
  const metrics = await openTrainingMetrics(folder, {
    resumedStep: earlier?.state.step ?? null,
    texts: config.keep_texts,
    configuration: config,
  })
  const tell = openTelling(metrics, logged.emit)
  try {
    tell.emit(run.plan)
    const save = async (position: RunPosition) => saveCheckpoint(run, logged, {position, seconds: seconds(), tell})
    const outcome = await runTrainer({...run.trainer, emit: tell.emit, save, signal})
    await finish(run, logged, {outcome, seconds: seconds(), tell})
  } finally {
    await tell.close()
  }
}

interface Telling {
  readonly emit: Emit
  /** Waits until all is written. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Events go to the log in their order, and to whoever listens. */
function openTelling(metrics: TrainingMetrics, emit: Emit): Telling {
  let writing = Promise.resolve()
  const flush = () => writing
  return {
    emit(event) {
      writing = writing.then(() => metrics.record(event))
      // A failure is told by the next flush.
      writing.catch(() => undefined)
      emit(event)
    },
    flush,
    close: () => flush().finally(() => metrics.close()),
  }
}

interface Saved {
  readonly position: RunPosition
  readonly seconds: number
  readonly tell: Telling
}

async function saveCheckpoint(
  {task, engine, fingerprint}: TrainingRun,
  {config, folder}: LoggedRun,
  {position, seconds, tell}: Saved,
): Promise<void> {
  const {step, data, epochs, stopping, value, evaluated} = position
  const state = {schema: 1 as const, step, position: data, epochs, seconds, stopping, value, evaluated, fingerprint}
  const written = (await listCheckpoints(folder)).includes(step)
    ? await rewriteState(folder, state)
    : await writeCheckpoint(folder, {task, places: engine.places, vectors: await engine.state(), state})
  const {kept, removed} = keepCheckpoints(await rateCheckpoints(folder), {
    limit: config.save_total_limit,
    best: Math.max(config.keep_best, config.average_best),
    greaterIsBetter: task.best.greaterIsBetter,
  })
  const folders = (list: typeof kept) => list.map(({step: own}) => checkpointFolder(folder, own))
  for (const old of folders(removed)) await rm(old, {recursive: true, force: true})
  tell.emit({type: 'checkpoint', step, folder: written, kept: folders(kept), removed: folders(removed)})
  await tell.flush()
}

interface Finished {
  readonly outcome: TrainerOutcome
  readonly seconds: number
  readonly tell: Telling
}

/** Puts the best model where users look for it, and writes the report. */
async function finish(run: TrainingRun, logged: LoggedRun, {outcome, seconds, tell}: Finished): Promise<void> {
  const {config, folder, signal} = logged
  const {position, reason} = outcome
  const interrupted = reason === 'interrupted'
  const metric = config.metric_for_best_model ?? run.task.best.metric
  const model = join(folder, MODEL_FOLDER)
  const {parameters, best} = await finalWeights(run, {
    folder,
    position,
    metric,
    average: interrupted ? 1 : config.average_best,
    rows: config.per_device_eval_batch_size,
    emit: tell.emit,
    signal,
  })
  if (!interrupted) {
    const weights = await parameters()
    await rm(model, {recursive: true, force: true})
    await writeFolder(model, draft => run.task.save(draft, weightsOf(run.engine.places, weights)))
  }
  const dataset = run.trainer.dev[0]?.name ?? ''
  tell.emit({
    type: 'done',
    reason,
    steps: position.step,
    epochs: position.epochs,
    seconds,
    best: best && {...best, dataset, metric},
    folder: interrupted ? folder : model,
  })
  await tell.flush()
  if (!interrupted) await report(run, logged, model)
}

async function report(
  {engine}: TrainingRun,
  {config, options, folder, signal}: LoggedRun,
  model: string,
): Promise<void> {
  const lines: MetricLine[] = []
  for await (const line of readMetricLines(join(folder, METRICS_NAME))) lines.push(line)
  const written = await hashModelFolder(model)
  const document = buildTrainingReport(lines, {
    name: basename(folder),
    // What was parsed is JSON: it came from there.
    configuration: JSON.parse(JSON.stringify(config)),
    environment: await gatherEnvironment(engine.name),
    command: options.command ?? 'lingulu train',
    warnings: [],
    model: {architecture: config.task, ...written},
  })
  await writeTrainingReport(document, folder, signal)
}
