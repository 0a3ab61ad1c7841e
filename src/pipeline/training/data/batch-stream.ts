import {type FeatureBatch, readingsOf, type TrainingTask} from '../tasks/training-task.js'
import type {FeatureThreads} from './feature-threads.js'
import type {BatchSize, PlannedBatch, PlannedSource} from './plan-epoch.js'
import {planEpoch} from './plan-epoch.js'

/** Where in the data a run is: the next batch. */
export interface DataPosition {
  readonly epoch: number
  readonly batch: number
}

export interface StreamedBatch {
  readonly features: FeatureBatch
  /** Of the batch after this one. */
  readonly next: DataPosition
  /** Epochs that are gone through with it, with the fraction of this one. */
  readonly epochs: number
}

export interface BatchStreamOptions {
  readonly sources: readonly PlannedSource[]
  readonly size: BatchSize
  readonly seed: number
  readonly threads: FeatureThreads
  readonly task: Pick<TrainingTask, 'features' | 'hasCached'>
}

/** So many batches are made before they are wanted. */
const AHEAD = 4

interface Coming {
  readonly batch: Promise<FeatureBatch>
  readonly position: DataPosition
  readonly length: number
}

/** Batches from a place in the data on, without end, made while others are learnt from. */
export class BatchStream {
  readonly #options: BatchStreamOptions
  readonly #coming: Coming[] = []
  #plan: readonly PlannedBatch[]
  #position: DataPosition

  constructor(options: BatchStreamOptions, from: DataPosition) {
    this.#options = options
    this.#position = from
    this.#plan = planEpoch(options.sources, options.size, {seed: options.seed, epoch: from.epoch})
  }

  async next(): Promise<StreamedBatch> {
    while (this.#coming.length < AHEAD) this.#ask()
    const coming = this.#coming.shift()
    if (coming === undefined) throw new Error('There is always a next batch.')
    const {position, length} = coming
    const features = await coming.batch
    const ended = position.batch + 1 >= length
    return {
      features,
      next: ended ? {epoch: position.epoch + 1, batch: 0} : {epoch: position.epoch, batch: position.batch + 1},
      epochs: position.epoch + (position.batch + 1) / length,
    }
  }

  #ask(): void {
    const {sources, size, seed, threads, task} = this.#options
    if (this.#position.batch >= this.#plan.length) {
      this.#position = {epoch: this.#position.epoch + 1, batch: 0}
      this.#plan = planEpoch(sources, size, {seed, epoch: this.#position.epoch})
    }
    const position = this.#position
    const planned = this.#plan[position.batch]
    if (planned === undefined) throw new RangeError('An epoch has at least one batch.')
    const key = `${position.epoch}/${position.batch}`
    const batch = computeBatch(planned, {threads, task, augment: true, key})
    // Whoever takes it hears of a failure then, and of nothing before.
    batch.catch(() => undefined)
    this.#coming.push({batch, position, length: this.#plan.length})
    this.#position = {...position, batch: position.batch + 1}
  }
}

interface ComputeOptions extends Pick<BatchStreamOptions, 'threads' | 'task'> {
  readonly augment: boolean
  /** What chance depends on. */
  readonly key: string
}

/** The features of planned rows; empty where the task has kept what it needs of them. */
export async function computeBatch(
  planned: PlannedBatch,
  {threads, task, augment, key}: ComputeOptions,
): Promise<FeatureBatch> {
  const readings = augment ? readingsOf(task.features) : 1
  const rows = planned.flatMap(({parts}) => Array.from({length: readings}, () => parts.map(({item}) => item)))
  if (task.hasCached?.(rows)) return {rows, lengths: [], features: {values: new Float32Array(0), shape: [0, 0, 0]}}
  const wanted = planned.map(({parts, gapSeconds}, row) => ({
    parts: parts.map(({sound}) => sound),
    gapSeconds,
    key: `${key}/${row}`,
  }))
  return {rows, ...(await threads.features(wanted, {settings: task.features, augment}))}
}
