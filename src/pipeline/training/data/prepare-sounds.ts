import {createHash} from 'node:crypto'
import {open, readFile, rename, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import {LinguluError} from '../../errors.js'
import {writeAtomically} from '../../transcripts/atomic-write.js'
import {makeFolder} from '../../transcripts/make-folder.js'
import {outputError} from '../../transcripts/output-error.js'
import type {TrainingItem} from '../tasks/training-task.js'
import type {SoundPlace} from './feature-protocol.js'
import type {FeatureThreads} from './feature-threads.js'
import type {ListedItem, Recording} from './training-set.js'

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
  readonly threads: Pick<FeatureThreads, 'decode'>
  /** How many recordings are decoded side by side. */
  readonly parallel: number
  readonly minSeconds: number
  readonly maxSeconds: number
  readonly trimSilence: boolean
  /** Whether what an earlier run could not decode is tried again. A resumed run must have the same recordings. */
  readonly retry: boolean
  readonly onProgress: (done: number, total: number) => void
  readonly signal: AbortSignal
}

const SPOOL = 'audio.s16'
const INDEX = 'audio.json'

/** Samples of each recording, or why there are none. */
const Index = z.strictObject({
  key: z.string(),
  sounds: z.array(z.union([z.int().min(0), z.string()])),
})
type Index = z.infer<typeof Index>

/** Where the spool of a folder is. */
export const spoolPath = (folder: string): string => join(folder, SPOOL)

/**
 * Decodes every recording once. What cannot be decoded, and what is too short or too long, is skipped and named. The
 * samples go to a spool, which a later run on the same recordings takes as it is.
 *
 * @throws LinguluError OUTPUT_FAILED; MANIFEST_INVALID where nothing is left; the signal's reason
 */
export async function prepareSounds(
  listed: readonly ListedItem[],
  options: PrepareSoundsOptions,
): Promise<PreparedSounds> {
  const {folder, minSeconds, maxSeconds} = options
  const sounds = folder === undefined ? await decodeAll(listed, options) : await spooled(listed, folder, options)
  const skipped: SkippedItem[] = []
  let start = 0
  const items = listed.map((item, index): SoundItem | undefined => {
    const samples = sounds[index] ?? 'it was not decoded'
    if (typeof samples === 'string') return skip(item, samples)
    const sound = placeOf(item, folder, start, samples)
    start += samples
    const seconds = samples / SAMPLE_RATE_HZ
    if (seconds < minSeconds) return skip(item, `${seconds.toFixed(2)} s is less than min_seconds (${minSeconds})`)
    if (seconds > maxSeconds) return skip(item, `${seconds.toFixed(1)} s is more than max_seconds (${maxSeconds})`)
    const {clip: _clip, channel: _channel, ...known} = item
    return {item: {...known, seconds}, sound}
  })
  return {items, skipped}

  function skip({audio}: ListedItem, reason: string): undefined {
    skipped.push({audio, reason})
  }
}

function placeOf(recording: Recording, folder: string | undefined, start: number, samples: number): SoundPlace {
  if (folder !== undefined) return {kind: 'spool', start, samples}
  const {audio, clip, channel} = recording
  return {kind: 'file', recording: {audio, clip, channel}}
}

async function spooled(
  listed: readonly ListedItem[],
  folder: string,
  options: PrepareSoundsOptions,
): Promise<Index['sounds']> {
  const key = await keyOf(listed, options.trimSilence)
  const known = await readIndex(folder)
  if (known?.key === key && (await isWhole(folder, known)) && !(await isMended(listed, known, options)))
    return known.sounds
  await makeFolder(folder)
  const draft = `${spoolPath(folder)}.tmp`
  const file = await open(draft, 'w')
  try {
    const sounds = await decodeAll(listed, options, async samples => {
      await file.writeFile(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    })
    await file.sync()
    await file.close()
    await rename(draft, spoolPath(folder))
    await writeAtomically([{path: join(folder, INDEX), content: `${JSON.stringify({key, sounds} satisfies Index)}\n`}])
    return sounds
  } catch (error) {
    throw outputError(folder, error)
  } finally {
    await file.close().catch(() => undefined)
    await rm(draft, {force: true})
  }
}

async function isWhole(folder: string, {sounds}: Index): Promise<boolean> {
  const found = await stat(spoolPath(folder)).catch(() => undefined)
  const samples = sounds.reduce<number>((sum, sound) => sum + (typeof sound === 'number' ? sound : 0), 0)
  return found?.size === samples * Int16Array.BYTES_PER_ELEMENT
}

/** Whether a recording can be decoded now that could not be then: because FFmpeg was missing, say. */
async function isMended(
  listed: readonly ListedItem[],
  {sounds}: Index,
  options: PrepareSoundsOptions,
): Promise<boolean> {
  if (!options.retry) return false
  const failed = listed.filter((_, index) => typeof sounds[index] === 'string')
  return (await decodeAll(failed, options)).some(sound => typeof sound === 'number')
}

/** Changes when another file lies in the place of one, or another part of it is wanted. */
async function keyOf(listed: readonly ListedItem[], trimSilence: boolean): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({trimSilence}))
  for (const {audio, clip, channel} of listed) {
    const found = await stat(audio).catch(() => undefined)
    hash.update(JSON.stringify([audio, clip, channel, found?.size, found?.mtimeMs]))
  }
  return hash.digest('hex')
}

async function readIndex(folder: string): Promise<Index | undefined> {
  const text = await readFile(join(folder, INDEX), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return Index.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The number of samples of each recording in their order, or why it has none. */
async function decodeAll(
  listed: readonly ListedItem[],
  {threads, parallel, onProgress, signal}: PrepareSoundsOptions,
  take: (samples: Int16Array) => Promise<void> = async () => undefined,
): Promise<Index['sounds']> {
  const sounds: (number | string)[] = []
  const waiting: Promise<Int16Array | string>[] = []
  let asked = 0
  while (sounds.length < listed.length) {
    signal.throwIfAborted()
    while (asked < listed.length && waiting.length < parallel) {
      const recording = listed[asked++]
      if (recording === undefined) continue
      const samples = decodeOne(recording, threads)
      // Those that are still waited for when the run ends: their threads are closed.
      samples.catch(() => undefined)
      waiting.push(samples)
    }
    const samples = await waiting.shift()
    if (samples === undefined) break
    // Ctrl-C ends FFmpeg too: what it was decoding is not broken.
    signal.throwIfAborted()
    if (typeof samples !== 'string') await take(samples)
    sounds.push(typeof samples === 'string' ? samples : samples.length)
    onProgress(sounds.length, listed.length)
  }
  return sounds
}

async function decodeOne(
  {audio, clip, channel}: ListedItem,
  threads: Pick<FeatureThreads, 'decode'>,
): Promise<Int16Array | string> {
  try {
    return await threads.decode({audio, clip, channel})
  } catch (error) {
    if (error instanceof LinguluError) return error.message
    throw error
  }
}
