import {copyFile, link, mkdir, readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {digestFile} from '../download/digest-file.js'
import {diskError} from '../download/disk-error.js'
import {type DownloadEvent, downloadFile} from '../download/download-file.js'
import type {DownloadPolicy} from '../download/download-policy.js'
import {acquireLock} from '../download/file-lock.js'
import {requireSpace} from '../download/require-space.js'
import {type RetryEvent, retrying} from '../download/retrying.js'
import {LinguluError} from '../errors.js'
import {type Environment, modelCache} from './cache-root.js'
import {findBySource, loadCatalogue} from './catalogue.js'
import {hashFile, rememberHash} from './file-hash.js'
import {repositoryFolder, writeReference} from './hub-cache.js'
import {HUB_TERMS, type HubContext, hubContext} from './hub-context.js'
import {type HubFile, type HubListing, listHubFiles} from './hub-listing.js'
import {hubUrl, isOffline} from './hub-settings.js'
import type {PrecisionChoice} from './model-folder.js'
import {mayFetch, placeInside} from './model-paths.js'
import {chooseOnnxFiles, onnxKind, onnxPaths} from './onnx-files.js'

export type PullEvent =
  | DownloadEvent
  /** Something the user should know: which repository stands for the one asked for. */
  | {readonly type: 'note'; readonly message: string}
  /** Another process is fetching the same model. */
  | {readonly type: 'waiting'; readonly path: string}
  | {
      readonly type: 'plan'
      readonly id: string
      readonly commit: string
      readonly folder: string
      readonly files: readonly HubFile[]
      /** Files that are there already are not among these. */
      readonly missing: readonly HubFile[]
      readonly missingBytes: number
    }
  | {readonly type: 'fetched'; readonly path: string}
  | {readonly type: 'done'; readonly id: string; readonly commit: string; readonly folder: string}

export interface PullOptions {
  /** Branch, tag or commit; `main` if absent. */
  readonly revision?: string | undefined
  readonly precision?: PrecisionChoice | undefined
  /** `weights`: the safetensors files, for `lingulu export`, instead of the ONNX files. */
  readonly content?: 'onnx' | 'weights' | undefined
  readonly offline?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly env?: Environment | undefined
  readonly policy?: DownloadPolicy | undefined
}

/** What stands beside the weights and is read by one model or another. config.json comes last: with it the folder is whole. */
const CONFIGURATION = [
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'lm.bin',
  'lm.json',
  'phones.json',
  'label_priors.json',
  'lexicon.txt',
  'normalizer.json',
  'lingulu.json',
  'config.json',
]
/** What follows an ONNX file's name in those of its external data. */
const EXTERNAL_DATA = /^_data(?:_\d+)?$/

/**
 * Fetches a model of the hub into lingulu's cache: only the files that the precision asked for needs, each checked, and
 * none that is there already. A repository of the makers without ONNX files is replaced by the catalogue's export of it.
 *
 * @throws LinguluError `OFFLINE`, `MODEL_MISSING`, `MODEL_INVALID` (no ONNX files, or not in this precision),
 *   `MODEL_DOWNLOAD`, `INTERRUPTED`.
 */
export async function* pullModel(id: string, options: PullOptions = {}): AsyncGenerator<PullEvent> {
  const env = options.env ?? process.env
  if (options.offline || isOffline(env))
    throw new LinguluError('OFFLINE', `${id} is not on this machine, and fetching it is not allowed.`, {
      hint: 'Leave out --offline (and HF_HUB_OFFLINE), or fetch it elsewhere and give the folder with --model.',
    })
  const context = await hubContext(env, options)
  const revision = options.revision ?? 'main'
  try {
    const listing = yield* withExport(id, revision, options.content ?? 'onnx', context)
    const files = choose(listing, options)
    yield* fetchLocked(listing, files, revision, env, context)
    const folder = snapshotFolder(modelCache(env), listing)
    yield {type: 'done', id: listing.id, commit: listing.commit, folder}
  } catch (error) {
    throw diskError(error, modelCache(env), HUB_TERMS) ?? error
  } finally {
    await context.proxies?.close()
  }
}

/** What a repository of the hub holds, with retries. */
export async function* inspectRepository(
  id: string,
  revision: string,
  context: HubContext,
): AsyncGenerator<RetryEvent, HubListing> {
  repositoryFolder('', id) // refuses what is no hub id before it becomes part of an address
  return yield* retrying(id, () => listHubFiles(id, revision, context), context)
}

async function* withExport(
  id: string,
  revision: string,
  content: 'onnx' | 'weights',
  context: HubContext,
): AsyncGenerator<PullEvent, HubListing> {
  const listing = yield* inspectRepository(id, revision, context)
  if (content === 'weights' || onnxKind(listing.files.map(({path}) => path)) !== undefined) return listing
  const {repository} = (revision === 'main' ? findBySource(await loadCatalogue(), id) : undefined) ?? {}
  if (repository === undefined || repository === id) return listing
  yield {type: 'note', message: `${id} has no ONNX files: taking their export from ${repository}.`}
  return yield* inspectRepository(repository, 'main', context)
}

function choose(listing: HubListing, {precision = 'auto', content = 'onnx'}: PullOptions): readonly HubFile[] {
  const byPath = new Map(listing.files.filter(({path}) => mayFetch(path)).map(file => [file.path, file]))
  const paths = new Set(byPath.keys())
  const weights = content === 'weights' ? safetensors(paths, listing.id) : onnxWithData(listing, paths, precision)
  return [...weights, ...CONFIGURATION].map(path => byPath.get(path)).filter(file => file !== undefined)
}

/** The ONNX files, each after the external data it needs: an ONNX file in its place is whole. */
function onnxWithData(listing: HubListing, paths: ReadonlySet<string>, precision: PrecisionChoice): readonly string[] {
  const all = new Set(listing.files.map(({path}) => path)) // with .bin and the like: they explain what is wrong
  const chosen = onnxPaths(
    chooseOnnxFiles(onnxKind(paths) ?? 'ctc', onnxKind(paths) ? paths : all, precision, listing.id),
  )
  return chosen.flatMap(path => {
    const data = [...paths]
      .filter(other => other.startsWith(path) && EXTERNAL_DATA.test(other.slice(path.length)))
      .sort()
    return [...data, path]
  })
}

function safetensors(paths: ReadonlySet<string>, id: string): readonly string[] {
  const found = [...paths].filter(path => /^model(?:-\d+-of-\d+)?\.safetensors(?:\.index\.json)?$/.test(path)).sort()
  if (found.length > 0) return found
  throw new LinguluError('MODEL_INVALID', `${id} has no model.safetensors.`, {
    hint: 'lingulu reads weights from safetensors only: look for a copy that has them.',
  })
}

/** Fetches what is missing while no other process may. */
async function* fetchLocked(
  listing: HubListing,
  files: readonly HubFile[],
  revision: string,
  env: Environment,
  context: HubContext,
): AsyncGenerator<PullEvent> {
  const cache = modelCache(env)
  const lock = yield* acquireLock(join(repositoryFolder(cache, listing.id), '.lock'), context.signal)
  try {
    yield* fetchFiles(listing, files, cache, env, context)
    await writeReference(cache, listing.id, revision, listing.commit)
  } finally {
    await lock.release()
  }
}

async function* fetchFiles(
  listing: HubListing,
  files: readonly HubFile[],
  cache: string,
  env: Environment,
  context: HubContext,
): AsyncGenerator<PullEvent> {
  const folder = snapshotFolder(cache, listing)
  await mkdir(folder, {recursive: true})
  const missing: HubFile[] = []
  for (const file of files) if (!(await isThere(folder, file, env))) missing.push(file)
  const missingBytes = missing.reduce((sum, {bytes}) => sum + bytes, 0)
  yield {type: 'plan', id: listing.id, commit: listing.commit, folder, files, missing, missingBytes}
  await requireSpace(folder, missingBytes, HUB_TERMS)
  for (const file of missing) {
    const target = await placeInside(folder, file.path)
    const address = `${listing.id}/resolve/${listing.commit}/${file.path}`
    yield* downloadFile(file, hubUrl(context.settings, address), target, context)
    if (file.digest?.kind === 'sha256') await rememberHash(target, file.digest.hex, env)
    yield {type: 'fetched', path: file.path}
  }
}

/** A file gets its name only when it is whole and right; one that an older commit has already is not fetched again. */
async function isThere(folder: string, file: HubFile, env: Environment): Promise<boolean> {
  const target = await placeInside(folder, file.path)
  if ((await sizeOf(target)) === file.bytes) return true
  if (file.digest === undefined) return false
  for (const commit of await readdir(join(folder, '..'))) {
    const other = join(folder, '..', commit, file.path)
    if ((await sizeOf(other)) !== file.bytes) continue
    const hex = await (file.digest.kind === 'sha256' ? hashFile(other, env) : digestFile(other, file.digest.kind))
    if (hex !== file.digest.hex) continue
    await link(other, target).catch(() => copyFile(other, target))
    return true
  }
  return false
}

function snapshotFolder(cache: string, {id, commit}: HubListing): string {
  return join(repositoryFolder(cache, id), 'snapshots', commit)
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}
