import {join} from 'node:path'
import {seededRandom} from '../decoding/random.js'
import {LinguluError} from '../errors.js'
import {usableCores} from '../runtime/cores.js'
import type {ReadCheckpoint} from './checkpoint/read-checkpoint.js'
import type {SourceConfig} from './config/data-config.js'
import type {TrainConfig} from './config/train-config.js'
import {BatchStream} from './data/batch-stream.js'
import {FeatureThreads} from './data/feature-threads.js'
import {type PlannedSource, planEpoch} from './data/plan-epoch.js'
import {prepareSounds, type SkippedItem, type SoundItem, spoolPath} from './data/prepare-sounds.js'
import {readTrainingSet, type TrainingSet} from './data/training-set.js'
import {NOTHING_EVALUATED} from './early-stopping.js'
import {openTrainingEngine} from './engine/open-engine.js'
import {type ParameterPlace, sizeOfAll} from './engine/parameters.js'
import type {TrainingEngine, TrainingState} from './engine/training-engine.js'
import {fingerprintOf} from './fingerprint.js'
import {learningRateOf} from './learning-rate.js'
import {openTask} from './tasks/open-task.js'
import type {TrainingTask} from './tasks/training-task.js'
import type {TrainEvent, TrainEventOf} from './train-events.js'
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
    const sets = await readSets(config, signal)
    const cacheFolder = join(folder, CACHE_FOLDER)
    const threads = new FeatureThreads(config.feature_workers, {
      spool: config.data.cache_audio ? spoolPath(cacheFolder) : undefined,
      augmentation: config.augmentation,
      trimSilence: config.data.trim_silence,
      seed: config.seed,
    })
    closing.push(() => threads.close())
    const heard = await hearSets(sets, config, {...options, cacheFolder, threads})
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
    const run = planRun(config, {sets, learnable, task, engine, threads, earlier: options.earlier})
    const {name, rejected} = {name: choice.engine, rejected: choice.rejected}
    const plan: TrainEventOf<'plan'> = {
      type: 'plan',
      task: config.task,
      engine: {
        name,
        reason: config.engine === 'auto' ? 'is the first that works here' : 'was asked for',
        rejected: rejected.map(one => ({name: one.engine, reason: one.reason})),
      },
      parameters: sizeOfAll(engine.places) + [...task.frozen.values()].reduce((sum, own) => sum + own.length, 0),
      trainable: sizeOfAll(engine.places),
      train: learnable.train.map(toTrainingData),
      dev: learnable.dev.map(toTrainingData),
      steps: run.trainer.steps,
      epochs: (run.trainer.steps * config.gradient_accumulation_steps) / run.batchesPerEpoch,
      resumedStep: options.earlier?.state.step ?? null,
      folder,
      skipped: [...learnable.skipped],
      warnings: sets.flatMap(({problems}) => problems),
    }
    return {plan, task, engine, fingerprint: run.fingerprint, trainer: run.trainer, close}
  } catch (error) {
    await close()
    throw error
  }
}

interface ReadSet extends TrainingSet {
  readonly part: 'train' | 'dev'
}

async function readSets({data: {train, dev = []}}: TrainConfig, signal: AbortSignal): Promise<readonly ReadSet[]> {
  const read = async (sources: readonly SourceConfig[], part: ReadSet['part']) => {
    const sets: ReadSet[] = []
    for (const source of sources) sets.push({...(await readTrainingSet(source, signal)), part})
    return sets
  }
  return [...(await read(train, 'train')), ...(await read(dev, 'dev'))]
}

/** A set with the items that can be used. */
interface HeardSet {
  readonly set: ReadSet
  readonly items: readonly SoundItem[]
}

interface HeardSets {
  readonly train: readonly HeardSet[]
  readonly dev: readonly HeardSet[]
  readonly skipped: readonly SkippedItem[]
}

async function hearSets(
  sets: readonly ReadSet[],
  {data, feature_workers: workers}: TrainConfig,
  {
    cacheFolder,
    threads,
    emit,
    signal,
  }: OpenRunOptions & {readonly cacheFolder: string; readonly threads: FeatureThreads},
): Promise<HeardSets> {
  const {items, skipped} = await prepareSounds(
    sets.flatMap(set => set.items),
    {
      folder: data.cache_audio ? cacheFolder : undefined,
      threads,
      parallel: 2 * workers,
      minSeconds: data.min_seconds,
      maxSeconds: data.max_seconds,
      trimSilence: data.trim_silence,
      onProgress: (done, total) => emit({type: 'preparing', done, total}),
      signal,
    },
  )
  let start = 0
  const heard = sets.map((set): HeardSet => {
    const own = items.slice(start, start + set.items.length)
    start += set.items.length
    return {set, items: own.filter(item => item !== undefined)}
  })
  return {
    train: heard.filter(({set}) => set.part === 'train'),
    dev: heard.filter(({set}) => set.part === 'dev'),
    skipped,
  }
}

/** Leaves out what the task cannot learn from, and says why. @throws LinguluError MANIFEST_INVALID where nothing is left */
function refuseItems(heard: HeardSets, task: TrainingTask): HeardSets {
  const skipped = [...heard.skipped]
  const filtered = ({set, items}: HeardSet): HeardSet => ({
    set,
    items: items.filter(({item}) => {
      const reason = task.refuse(item)
      if (reason !== undefined) skipped.push({audio: item.audio, reason})
      return reason === undefined
    }),
  })
  const train = heard.train.map(filtered)
  const dev = heard.dev.map(filtered)
  const empty = [train, dev].find(sets => sets.length > 0 && sets.every(({items}) => items.length === 0))
  if (empty !== undefined)
    throw new LinguluError(
      'MANIFEST_INVALID',
      `No recording of ${empty.map(({set}) => set.name).join(', ')} can be used.`,
      {
        hint: skipped[0] === undefined ? undefined : `The first: ${skipped[0].audio}: ${skipped[0].reason}`,
      },
    )
  return {train, dev, skipped}
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

interface RunParts {
  readonly sets: readonly ReadSet[]
  readonly learnable: HeardSets
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly threads: FeatureThreads
  readonly earlier: ReadCheckpoint | undefined
}

function planRun(config: TrainConfig, {sets, learnable, task, engine, threads, earlier}: RunParts) {
  const fingerprint = fingerprintOf(
    config,
    sets.map(({hash}) => hash),
  )
  if (earlier !== undefined && earlier.state.fingerprint !== fingerprint)
    throw new LinguluError('CONFIG_INVALID', `${earlier.folder} was made with other settings or other data.`, {
      hint: 'Resume with the same model, data, batches, augmentation and seed. How long to train, the learning rate and how often to save may change.',
    })
  const sources = learnable.train.map(toSource)
  const size = {seconds: config.batch_seconds, rows: config.per_device_train_batch_size}
  const batchesPerEpoch = planEpoch(sources, size, {seed: config.seed, epoch: 0}).length
  const steps =
    config.max_steps ?? Math.ceil((config.num_train_epochs * batchesPerEpoch) / config.gradient_accumulation_steps)
  const position = earlier?.state.position ?? {epoch: 0, batch: 0}
  return {
    fingerprint,
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
      start: {
        step: earlier?.state.step ?? 0,
        data: position,
        epochs: earlier?.state.epochs ?? 0,
        stopping: earlier?.state.stopping ?? NOTHING_EVALUATED,
        value: earlier?.state.value ?? null,
      },
    },
  }
}

const toSource = ({set: {source}, items}: HeardSet): PlannedSource => ({
  items,
  repeat: source.repeat,
  join: source.join && {maximum: source.join.maximum, gapSeconds: source.join.gap_seconds},
})
