import {LinguluError} from '../../errors.js'
import type {SourceConfig} from '../config/data-config.js'
import type {TrainConfig} from '../config/train-config.js'
import type {TrainingTask} from '../tasks/training-task.js'
import type {FeatureThreads} from './feature-threads.js'
import {prepareSounds, type SkippedItem, type SoundItem} from './prepare-sounds.js'
import {readTrainingSet, type TrainingSet} from './training-set.js'

/** A set of the configuration, as it was read. */
export interface ReadSet extends TrainingSet {
  readonly part: 'train' | 'dev'
}

/** @throws LinguluError as {@link readTrainingSet} */
export async function readSets(
  {data: {train, dev = []}}: TrainConfig,
  signal: AbortSignal,
): Promise<readonly ReadSet[]> {
  const read = async (sources: readonly SourceConfig[], part: ReadSet['part']) => {
    const sets: ReadSet[] = []
    for (const source of sources) sets.push({...(await readTrainingSet(source, signal)), part})
    return sets
  }
  return [...(await read(train, 'train')), ...(await read(dev, 'dev'))]
}

/** A set with the items that can be used. */
export interface HeardSet {
  readonly set: ReadSet
  readonly items: readonly SoundItem[]
}

export interface HeardSets {
  readonly train: readonly HeardSet[]
  readonly dev: readonly HeardSet[]
  readonly skipped: readonly SkippedItem[]
}

export interface HearSetsOptions {
  /** For the decoded recordings. */
  readonly cacheFolder: string
  readonly threads: FeatureThreads
  /** Try again what an earlier run could not decode. */
  readonly retry: boolean
  readonly onProgress: (done: number, total: number) => void
  readonly signal: AbortSignal
}

/** Decodes all recordings of all sets. @throws LinguluError as {@link prepareSounds} */
export async function hearSets(
  sets: readonly ReadSet[],
  {data}: TrainConfig,
  {cacheFolder, threads, retry, onProgress, signal}: HearSetsOptions,
): Promise<HeardSets> {
  const {items, skipped} = await prepareSounds(
    sets.flatMap(set => set.items),
    {
      folder: data.cache_audio ? cacheFolder : undefined,
      threads,
      minSeconds: data.min_seconds,
      maxSeconds: data.max_seconds,
      trimSilence: data.trim_silence,
      retry,
      onProgress,
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
export function refuseItems(heard: HeardSets, task: TrainingTask): HeardSets {
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
