import {join} from 'node:path'
import {seededRandom} from '../decoding/random.js'
import {LinguluError} from '../errors.js'
import {usableCores} from '../runtime/cores.js'
import type {ReadCheckpoint} from './checkpoint/read-checkpoint.js'
import type {TrainConfig} from './config/train-config.js'
import {BatchStream} from './data/batch-stream.js'
import {FeatureThreads} from './data/feature-threads.js'
import {type PlannedSource, planEpoch} from './data/plan-epoch.js'
import {spoolPath} from './data/sound-spool.js'
import {type HeardSet, type HeardSets, hearSets, type ReadSet, readSets, refuseItems} from './data/usable-sets.js'
import {NOTHING_EVALUATED} from './early-stopping.js'
import {type EngineChoice, openTrainingEngine} from './engine/open-engine.js'
import {type ParameterPlace, sizeOfAll} from './engine/parameters.js'
import type {TrainingEngine, TrainingState} from './engine/training-engine.js'
import {fingerprintOf} from './fingerprint.js'
import {learningRateOf} from './learning-rate.js'
import {readNamedSources} from './named-sources.js'
import {checkTask, openTask} from './tasks/open-task.js'
import {readingsOf, type TrainingTask} from './tasks/training-task.js'
import type {NamedSource, TrainEvent, TrainEventOf} from './train-events.js'
import type {TrainerOptions} from './trainer.js'

export interface OpenRunOptions {
  /** Where the run writes. */
  readonly folder: string
  readonly earlier: ReadCheckpoint | undefined
  readonly emit: (event: TrainEvent) => void
  readonly signal: AbortSignal
}

/** All that a run needs, opened. */
export interface TrainingRun {
  readonly plan: TrainEventOf<'plan'>
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly fingerprint: string
  readonly trainer: Omit<TrainerOptions, 'emit' | 'save' | 'signal'>
  close(): Promise<void>
}

const CACHE_FOLDER = 'cache'

/**
 * Reads and decodes what is learnt from, and opens the model. What is wrong shows here, before the first step.
 *
 * @throws LinguluError as `train` does
 */
export async function openRun(config: TrainConfig, options: OpenRunOptions): Promise<TrainingRun> {
  const {folder, signal} = options
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    // Recordings take long to decode: what can be wrong with the rest shows before.
    await checkTask(config)
    if (config.max_steps !== undefined && config.max_steps !== null) learningRateOf(config, config.max_steps)
    const sources = await readNamedSources(config, signal)
    const sets = await readSets(config, signal)
    const fingerprint = checkedFingerprint(config, {sets, sources}, options.earlier)
    const cacheFolder = join(folder, CACHE_FOLDER)
    const featureThreads = (count: number) => {
      const threads = new FeatureThreads(count, {
        spool: config.data.cache_audio ? spoolPath(cacheFolder) : undefined,
        augmentation: config.augmentation,
        trimSilence: config.data.trim_silence,
        seed: config.seed,
      })
      closing.push(() => threads.close())
      return threads
    }
    // Nothing else runs before the first step.
    const decoders = featureThreads(Math.max(config.feature_workers, usableCores()))
    const heard = await hearSets(sets, config, {
      cacheFolder,
      threads: decoders,
      retry: options.earlier === undefined,
      onProgress: (done, total) => options.emit({type: 'preparing', done, total}),
      signal,
    })
    await decoders.close()
    const threads = featureThreads(config.feature_workers)
    const itemsOf = (own: readonly HeardSet[]) => own.flatMap(set => set.items.map(({item}) => item))
    const items = itemsOf(heard.train)
    const engineThreads = config.threads ?? usableCores()
    const task = await openTask(config, {
      items,
      heard: [...items, ...itemsOf(heard.dev)],
      threads: engineThreads,
      cacheFolder,
      signal,
    })
    closing.push(async () => task.close?.())
    const learnable = refuseItems(heard, task)
    const {engine, choice} = await openTrainingEngine(task.build, {
      engine: config.engine,
      signal,
      threads: engineThreads,
      frozen: task.frozen,
      adamW: {
        beta1: config.adam_beta1,
        beta2: config.adam_beta2,
        epsilon: config.adam_epsilon,
        weightDecay: config.weight_decay,
        maxGradientNorm: config.max_grad_norm,
      },
      initial: places => initialState(places, {config, task, earlier: options.earlier}),
    })
    closing.push(() => engine.close())
    const run = planRun(config, {learnable, task, engine, threads, earlier: options.earlier})
    const plan = planEvent(config, {...options, sets, sources, learnable, task, engine, choice, run})
    return {plan, task, engine, fingerprint, trainer: run.trainer, close}
  } catch (error) {
    await close()
    throw error
  }
}

interface PlanParts extends Pick<OpenRunOptions, 'folder' | 'earlier'> {
  readonly sets: readonly ReadSet[]
  readonly sources: readonly NamedSource[]
  readonly learnable: HeardSets
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly choice: EngineChoice
  readonly run: ReturnType<typeof planRun>
}

/** What is told before the first step. */
function planEvent(
  config: TrainConfig,
  {folder, earlier, sets, sources, learnable, task, engine, choice, run}: PlanParts,
): TrainEventOf<'plan'> {
  const trainable = sizeOfAll(engine.places)
  return {
    type: 'plan',
    task: config.task,
    engine: {
      name: choice.engine,
      reason: config.engine === 'auto' ? 'is the first that works here' : 'was asked for',
      rejected: choice.rejected.map(one => ({name: one.engine, reason: one.reason})),
    },
    parameters: trainable + [...task.frozen.values()].reduce((sum, own) => sum + own.length, 0),
    trainable,
    train: learnable.train.map(toTrainingData),
    dev: learnable.dev.map(toTrainingData),
    sources: [...sources],
    notes: [...(task.notes ?? [])],
    steps: run.trainer.steps,
    epochs: (run.trainer.steps * config.gradient_accumulation_steps) / run.batchesPerEpoch,
    resumedStep: earlier?.state.step ?? null,
    folder,
    skipped: [...learnable.skipped],
    warnings: sets.flatMap(({problems}) => problems),
  }
}

const toTrainingData = ({set, items}: HeardSet) => ({
  dataset: set.name,
  hash: set.hash,
  utterances: items.length,
  seconds: items.reduce((sum, {item}) => sum + item.seconds, 0),
})

function initialState(
  places: readonly ParameterPlace[],
  {
    config,
    task,
    earlier,
  }: {readonly config: TrainConfig; readonly task: TrainingTask; readonly earlier: ReadCheckpoint | undefined},
): TrainingState {
  const size = sizeOfAll(places)
  if (earlier === undefined) {
    const parameters = task.initial(places, seededRandom('weights', config.seed))
    return {parameters, first: new Float32Array(size), second: new Float32Array(size), steps: 0}
  }
  if (earlier.vectors.parameters.length !== size)
    throw new LinguluError('CONFIG_INVALID', `${earlier.folder} is of another model than the configuration.`, {
      hint: 'Resume with the configuration of the run.',
    })
  return earlier.vectors
}

/** What steps learn from beside recordings; of the model that a run began with a resumed one needs nothing. */
const LEARNT_FROM: ReadonlySet<string> = new Set(['data.lexicon', 'model.crf.texts'])

/** @throws LinguluError CONFIG_INVALID where a run is to go on with other settings */
function checkedFingerprint(
  config: TrainConfig,
  {sets, sources}: Pick<PlanParts, 'sets' | 'sources'>,
  earlier: ReadCheckpoint | undefined,
): string {
  const learntFrom = sources.filter(({setting}) => LEARNT_FROM.has(setting))
  const fingerprint = fingerprintOf(
    config,
    [...sets, ...learntFrom].map(({hash}) => hash),
  )
  if (earlier !== undefined && earlier.state.fingerprint !== fingerprint)
    throw new LinguluError('CONFIG_INVALID', `${earlier.folder} was made with other settings or other data.`, {
      hint: 'Resume with the same model, data, lexicon, texts, batches, augmentation and seed. How long to train, the learning rate and how often to save may change.',
    })
  return fingerprint
}

interface RunParts {
  readonly learnable: HeardSets
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly threads: FeatureThreads
  readonly earlier: ReadCheckpoint | undefined
}

function planRun(config: TrainConfig, {learnable, task, engine, threads, earlier}: RunParts) {
  const sources = learnable.train.map(toSource)
  const size = {
    seconds: config.batch_seconds / readingsOf(task.features),
    rows: config.per_device_train_batch_size,
  }
  const batchesPerEpoch = planEpoch(sources, size, {seed: config.seed, epoch: 0}).length
  const steps =
    config.max_steps ?? Math.ceil((config.num_train_epochs * batchesPerEpoch) / config.gradient_accumulation_steps)
  const position = earlier?.state.position ?? {epoch: 0, batch: 0}
  return {
    batchesPerEpoch,
    trainer: {
      settings: config,
      task,
      engine,
      stream: new BatchStream({sources, size, seed: config.seed, threads, task}, position),
      threads,
      dev: learnable.dev.map(({set, items}) => ({name: set.name, items})),
      steps,
      schedule: learningRateOf(config, steps),
      savedStep: earlier?.state.step ?? null,
      start: {
        step: earlier?.state.step ?? 0,
        data: position,
        epochs: earlier?.state.epochs ?? 0,
        stopping: earlier?.state.stopping ?? NOTHING_EVALUATED,
        value: earlier?.state.value ?? null,
        evaluated: earlier?.state.evaluated ?? true,
      },
    },
  }
}

const toSource = ({set: {source}, items}: HeardSet): PlannedSource => ({
  items,
  repeat: source.repeat,
  join: source.join && {maximum: source.join.maximum, gapSeconds: source.join.gap_seconds},
})
