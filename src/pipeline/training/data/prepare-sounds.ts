import {createHash} from 'node:crypto'
import {stat} from 'node:fs/promises'
import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import {LinguluError} from '../../errors.js'
import type {TrainingItem} from '../tasks/training-task.js'
import type {DecodedPart, SoundPlace} from './feature-protocol.js'
import type {FeatureThreads} from './feature-threads.js'
import {extendSpool, readSpool} from './sound-spool.js'
import type {ListedItem} from './training-set.js'

/** An item whose sound was decoded once. */
export interface SoundItem {
  readonly item: TrainingItem
  readonly sound: SoundPlace
}

export interface SkippedItem {
  readonly audio: string
  readonly reason: string
}

export interface PreparedSounds {
  /** In the order of what was listed, without what was skipped: undefined stands in its place. */
  readonly items: readonly (SoundItem | undefined)[]
  readonly skipped: readonly SkippedItem[]
}

export interface PrepareSoundsOptions {
  /** For the spool; undefined decodes again whenever a recording is heard. */
  readonly folder: string | undefined
  readonly threads: Pick<FeatureThreads, 'decode' | 'count'>
  readonly minSeconds: number
  readonly maxSeconds: number
  readonly trimSilence: boolean
  /** Whether what an earlier run could not decode is tried again. A resumed run must have the same recordings. */
  readonly retry: boolean
  /** Told of those that have to be decoded. */
  readonly onProgress: (done: number, total: number) => void
  readonly signal: AbortSignal
}

/** Where a sound is and how long, or why there is none. */
type Sound = {readonly place: SoundPlace; readonly samples: number} | string

const NOT_DECODED = 'it was not decoded'

/**
 * Decodes every recording once. What cannot be decoded, and what is too short or too long, is skipped and named. The
 * samples go to a spool; a later run decodes what is not in it.
 *
 * @throws LinguluError OUTPUT_FAILED; the signal's reason
 */
export async function prepareSounds(
  listed: readonly ListedItem[],
  options: PrepareSoundsOptions,
): Promise<PreparedSounds> {
  const {folder, minSeconds, maxSeconds} = options
  const sounds = folder === undefined ? await inTheirFiles(listed, options) : await inSpool(listed, folder, options)
  const skipped: SkippedItem[] = []
  const items = listed.map((item, index): SoundItem | undefined => {
    const sound = sounds[index] ?? NOT_DECODED
    if (typeof sound === 'string') return skip(item, sound)
    const seconds = sound.samples / SAMPLE_RATE_HZ
    if (seconds < minSeconds) return skip(item, `${seconds.toFixed(2)} s is less than min_seconds (${minSeconds})`)
    if (seconds > maxSeconds) return skip(item, `${seconds.toFixed(1)} s is more than max_seconds (${maxSeconds})`)
    const {clip: _clip, channel: _channel, ...known} = item
    return {item: {...known, seconds}, sound: sound.place}
  })
  return {items, skipped}

  function skip({audio}: ListedItem, reason: string): undefined {
    skipped.push({audio, reason})
  }
}

/** Decodes all to know how long they are, and keeps nothing. */
async function inTheirFiles(listed: readonly ListedItem[], options: PrepareSoundsOptions): Promise<readonly Sound[]> {
  const sounds: Sound[] = []
  await decodeAll(listed, options, async (part, {audio, clip, channel}) => {
    const place = {kind: 'file', recording: {audio, clip, channel}} as const
    sounds.push(typeof part === 'string' ? part : {place, samples: part.length})
  })
  return sounds
}

async function inSpool(
  listed: readonly ListedItem[],
  folder: string,
  options: PrepareSoundsOptions,
): Promise<readonly Sound[]> {
  const keys = await keysOf(listed, options.trimSilence)
  const spooled = await readSpool(folder)
  const wanted = new Map<string, ListedItem>()
  for (const [index, key] of keys.entries()) {
    const known = spooled.get(key)
    if (known === undefined || (typeof known === 'string' && options.retry))
      wanted.set(key, listed[index] as ListedItem)
  }
  const wantedKeys = [...wanted.keys()]
  if (wanted.size > 0)
    await extendSpool(folder, spooled, put =>
      decodeAll([...wanted.values()], options, (part, _, index) => put(wantedKeys[index] ?? '', part)),
    )
  return keys.map((key): Sound => {
    const sound = spooled.get(key) ?? NOT_DECODED
    return typeof sound === 'string' ? sound : {place: {kind: 'spool', ...sound}, samples: sound.samples}
  })
}

/** Of each recording; changes when another file lies in its place, or another part of it is wanted. */
async function keysOf(listed: readonly ListedItem[], trimSilence: boolean): Promise<string[]> {
  const keys: string[] = []
  for (const {audio, clip, channel} of listed) {
    const found = await stat(audio).catch(() => undefined)
    const what = JSON.stringify([trimSilence, audio, clip, channel, found?.size, found?.mtimeMs])
    keys.push(createHash('sha256').update(what).digest('hex').slice(0, KEY_LETTERS))
  }
  return keys
}

const KEY_LETTERS = 32

/** Gives the samples of each recording in their order, or why it has none. */
async function decodeAll(
  listed: readonly ListedItem[],
  {threads, onProgress, signal}: PrepareSoundsOptions,
  take: (part: DecodedPart, item: ListedItem, index: number) => Promise<void>,
): Promise<void> {
  const files = partsOfFiles(listed)
  const waiting: Promise<readonly DecodedPart[]>[] = []
  let asked = 0
  let done = 0
  for (const items of files) {
    signal.throwIfAborted()
    for (; asked < files.length && waiting.length < 2 * threads.count; asked++) {
      const parts = decodeFile(files[asked] ?? [], threads)
      // Those that are still waited for when the run ends: their threads are closed.
      parts.catch(() => undefined)
      waiting.push(parts)
    }
    const parts = await waiting.shift()
    // Ctrl-C ends FFmpeg too: what it was decoding is not broken.
    signal.throwIfAborted()
    for (const [index, item] of items.entries()) await take(parts?.[index] ?? NOT_DECODED, item, done++)
    onProgress(done, listed.length)
  }
}

/** Neighbours in the list that are parts of one file stay together: it is decoded once for them. */
function partsOfFiles(listed: readonly ListedItem[]): readonly (readonly ListedItem[])[] {
  const files: ListedItem[][] = []
  for (const item of listed) {
    const last = files.at(-1)
    if (last?.[0]?.audio === item.audio && last[0].channel === item.channel) last.push(item)
    else files.push([item])
  }
  return files
}

async function decodeFile(
  items: readonly ListedItem[],
  threads: PrepareSoundsOptions['threads'],
): Promise<readonly DecodedPart[]> {
  const [{audio, channel}] = items as readonly [ListedItem]
  try {
    return await threads.decode({audio, channel, clips: items.map(({clip}) => clip)})
  } catch (error) {
    if (error instanceof LinguluError) return items.map(() => error.message)
    throw error
  }
}
