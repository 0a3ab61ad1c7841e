import {mkdir, readdir, rm, stat} from 'node:fs/promises'
import {dirname, join, resolve} from 'node:path'
import {diskError} from '../download/disk-error.js'
import type {DownloadContext} from '../download/download-context.js'
import {DEFAULT_POLICY, type DownloadPolicy} from '../download/download-policy.js'
import {acquireLock} from '../download/file-lock.js'
import {openProxies} from '../download/proxy.js'
import {requireSpace} from '../download/require-space.js'
import {throwIfInterrupted} from '../download/retrying.js'
import {LinguluError} from '../errors.js'
import type {Environment} from '../models/cache-root.js'
import {isOffline} from '../models/hub-settings.js'
import {type CatalogEntry, loadCatalog, requireByName} from './catalog.js'
import {datasetCache, type PulledMarker, readMarker} from './dataset-folder.js'
import {DATASET_TERMS} from './dataset-terms.js'
import {fetchFromMirrors, type MirrorEvent} from './fetch-from-mirrors.js'
import {type FetchedFile, type UnpackEvent, unpackDataset} from './unpack-dataset.js'

export type DatasetPullEvent =
  | MirrorEvent
  | UnpackEvent
  /** Another process is fetching the same data set. */
  | {readonly type: 'waiting'; readonly path: string}
  | {
      readonly type: 'plan'
      readonly entry: CatalogEntry
      readonly folder: string
      /** Bytes to fetch; `null` where the catalogue does not know. */
      readonly bytes: number | null
    }
  | {readonly type: 'fetched'; readonly path: string}
  | {
      readonly type: 'done'
      readonly name: string
      readonly folder: string
      readonly marker: PulledMarker
      /** Nothing had to be fetched. */
      readonly wasHere: boolean
    }

export interface PullDatasetOptions {
  /** The folder of the data set. Default: one of its own in the cache, where it is found by its name. */
  readonly to?: string | undefined
  readonly offline?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly env?: Environment | undefined
  readonly policy?: DownloadPolicy | undefined
  readonly catalog?: readonly CatalogEntry[] | undefined
}

/**
 * Fetches a data set of the catalogue: each file is checked, a download that broke off goes on where it ended, archives
 * are unpacked, and the folder appears when it is whole, with a manifest for each part.
 *
 * @throws {LinguluError} USAGE for a name that is not in the catalogue or may not be fetched, OUTPUT_EXISTS if the folder
 *   holds something else, OFFLINE, DATASET_DOWNLOAD, INTERRUPTED
 */
export async function* pullDataset(name: string, options: PullDatasetOptions = {}): AsyncGenerator<DatasetPullEvent> {
  const env = options.env ?? process.env
  const {entry} = requireByName(options.catalog ?? (await loadCatalog(env)), name)
  if (entry.manual !== null) throw new LinguluError('USAGE', `${entry.name}: ${entry.manual}`, {hint: entry.homepage})
  const folder = options.to === undefined ? join(datasetCache(env), entry.name) : resolve(options.to)
  const here = await readMarker(folder)
  if (here?.name === entry.name) return yield done(entry, folder, here, true)
  if (options.offline || isOffline(env))
    throw new LinguluError('OFFLINE', `${entry.name} is not on this machine, and fetching it is not allowed.`, {
      hint: 'Leave out --offline (and HF_HUB_OFFLINE), or fetch it elsewhere and give its folder instead of its name.',
    })
  const context = {
    policy: options.policy ?? DEFAULT_POLICY,
    terms: DATASET_TERMS,
    signal: options.signal,
    proxies: await openProxies(env),
  }
  try {
    yield* pullLocked(entry, folder, context)
  } catch (error) {
    throwIfInterrupted(options.signal)
    throw diskError(error, folder, DATASET_TERMS) ?? error
  } finally {
    await context.proxies?.close()
  }
}

async function* pullLocked(
  entry: CatalogEntry,
  folder: string,
  context: DownloadContext,
): AsyncGenerator<DatasetPullEvent> {
  const lock = yield* acquireLock(`${folder}.lock`, context.signal)
  try {
    const here = await readMarker(folder) // another process may have fetched it meanwhile
    if (here?.name === entry.name) return yield done(entry, folder, here, true)
    await requireFree(folder)
    const downloads = `${folder}.download`
    await mkdir(downloads, {recursive: true})
    const bytes = sumOf(entry.files.map(file => file.bytes))
    yield {type: 'plan', entry, folder, bytes}
    await requireSpace(downloads, (await missingBytes(entry, downloads)) + (bytes ?? 0), DATASET_TERMS)
    const fetched: FetchedFile[] = []
    for (const file of entry.files) {
      const path = join(downloads, file.path)
      const url = (await isThere(path, file.bytes)) ? file.urls[0] : yield* fetchFromMirrors(file, path, context)
      fetched.push({file, path, url: url ?? ''})
      yield {type: 'fetched', path: file.path}
    }
    yield* unpackDataset(entry, fetched, folder, context.signal)
    await rm(downloads, {recursive: true, force: true})
    const marker = await readMarker(folder)
    if (marker === undefined) throw new Error('what was written can be read')
    yield done(entry, folder, marker, false)
  } finally {
    await lock.release()
  }
}

function done(
  {name}: CatalogEntry,
  folder: string,
  marker: PulledMarker,
  wasHere: boolean,
): DatasetPullEvent & {readonly type: 'done'} {
  return {type: 'done', name, folder, marker, wasHere}
}

/** Nothing of the user's is written over: a folder that is there must be empty. */
async function requireFree(folder: string): Promise<void> {
  await mkdir(dirname(folder), {recursive: true})
  const names = await readdir(folder).catch(error => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  if (names.length === 0) return
  throw new LinguluError('OUTPUT_EXISTS', `${folder} is not empty, and lingulu has not fetched this data set there.`, {
    hint: 'Choose another folder with --to, or remove this one.',
  })
}

/** A file gets its name only when it is whole and its checksum, if one is known, is right. */
async function isThere(path: string, bytes: number | null): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() === true && (bytes === null || stats.size === bytes)
}

async function missingBytes({files}: CatalogEntry, downloads: string): Promise<number> {
  let missing = 0
  for (const file of files) if (!(await isThere(join(downloads, file.path), file.bytes))) missing += file.bytes ?? 0
  return missing
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}
