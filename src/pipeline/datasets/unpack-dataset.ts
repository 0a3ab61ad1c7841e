import {mkdir, rename, rm, rmdir, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {digestFile} from '../download/digest-file.js'
import {LinguluError} from '../errors.js'
import {writeAtomically} from '../transcripts/atomic-write.js'
import {packageVersion} from '../version.js'
import {type ExtractEvent, extractArchive} from './archives/extract-archive.js'
import {type CatalogEntry, type DatasetFile, manifestName} from './catalog.js'
import {MARKER, markerText, type PulledMarker} from './dataset-folder.js'
import {DATASET_TERMS} from './dataset-terms.js'
import {readDataset} from './read-dataset.js'
import type {DatasetProblem} from './utterance.js'
import {writeManifest} from './write-manifest.js'

export type UnpackEvent =
  | ExtractEvent
  | {readonly type: 'unpacking'; readonly path: string}
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  | {
      readonly type: 'manifest'
      readonly part: string
      readonly path: string
      readonly utterances: number
      readonly problems: readonly DatasetProblem[]
    }

/** A file that was fetched, and where it stands until it is unpacked. */
export interface FetchedFile {
  readonly file: DatasetFile
  readonly path: string
  readonly url: string
}

/** Audio hardly shrinks, and neither does a text shrink to less than that. */
const MAXIMUM_EXPANSION = 16
const MINIMUM_LIMIT_BYTES = 2 ** 24
const MEMBERS_PER_UTTERANCE = 8
const MEMBERS_BESIDE = 100_000

/**
 * Makes the folder of a data set out of the files that were fetched for it: archives are unpacked, the others moved,
 * each part gets a manifest, and a marker says where all came from. The folder appears when it is whole.
 *
 * @throws {LinguluError} the data sets' `failed`, INTERRUPTED; nothing but the fetched files is left then. Errors of the
 *   file system come as they are.
 */
export async function* unpackDataset(
  entry: CatalogEntry,
  fetched: readonly FetchedFile[],
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnpackEvent> {
  const draft = `${folder}.unpacking`
  await rm(draft, {recursive: true, force: true}) // of a run that was killed
  await mkdir(draft, {recursive: true})
  try {
    const contents = {files: 0, bytes: 0}
    const files: PulledMarker['files'] = []
    for (const one of fetched) {
      files.push(await describeFetched(one))
      const {files: count, bytes} = yield* place(one, entry, draft, signal)
      contents.files += count
      contents.bytes += bytes
    }
    const manifests = yield* writeManifests(entry, draft, folder, signal)
    const {name, title, homepage, licence, attribution} = entry
    const marker: PulledMarker = {
      format: 1,
      ...{name, title, homepage, licence, attribution},
      pulledAt: new Date().toISOString(),
      lingulu: packageVersion(),
      files,
      contents,
      manifests,
    }
    await writeAtomically([{path: join(draft, MARKER), content: markerText(marker)}])
    await rmdir(folder).catch(() => undefined) // it is empty, or not there
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, {recursive: true, force: true})
    throw error
  }
}

async function describeFetched({file, path, url}: FetchedFile): Promise<PulledMarker['files'][number]> {
  const {size} = await stat(path)
  const checked = file.sha256 !== null || file.md5 !== null
  return {path: file.path, url, bytes: size, sha256: file.sha256 ?? (await digestFile(path, 'sha256')), checked}
}

async function* place(
  {file, path}: FetchedFile,
  entry: CatalogEntry,
  draft: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnpackEvent, {readonly files: number; readonly bytes: number}> {
  const {size} = await stat(path)
  const target = join(draft, file.path)
  await mkdir(dirname(target), {recursive: true})
  if (file.archive === null) {
    await rename(path, target)
    return {files: 1, bytes: size}
  }
  yield {type: 'unpacking', path: file.path}
  const utterances = entry.parts.reduce((sum, part) => sum + (part.utterances ?? 0), 0)
  const limits = {
    bytes: Math.max(MAXIMUM_EXPANSION * size, MINIMUM_LIMIT_BYTES),
    members: MEMBERS_PER_UTTERANCE * utterances + MEMBERS_BESIDE,
  }
  try {
    const extracted = yield* extractArchive(path, {kind: file.archive, folder: dirname(target), limits, signal})
    if (extracted.leftOutCount > 0)
      yield {
        type: 'note',
        message: `${file.path}: ${extracted.leftOutCount} links or devices were left out (${extracted.leftOut.join(', ')}).`,
      }
    return extracted
  } catch (error) {
    // Else the next try would unpack the same again.
    if (error instanceof LinguluError && error.code === DATASET_TERMS.failed) await rm(path, {force: true})
    throw error
  }
}

async function* writeManifests(
  entry: CatalogEntry,
  draft: string,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<UnpackEvent, Record<string, string>> {
  const manifests: Record<string, string> = {}
  for (const part of entry.parts) {
    const root = join(draft, part.root)
    if (!(await stat(root).catch(() => undefined))?.isDirectory())
      throw new LinguluError(DATASET_TERMS.failed, `${entry.name}: the archive has no folder ${part.root}.`, {
        hint: DATASET_TERMS.hints.archive,
      })
    const {utterances, problems} = await readDataset(root, {layout: part.layout, signal})
    const name = manifestName(entry, part)
    await writeManifest(join(draft, name), utterances, {onExists: 'overwrite', signal})
    manifests[part.name] = name
    yield {type: 'manifest', part: part.name, path: join(folder, name), utterances: utterances.length, problems}
    if (part.utterances !== null && part.utterances !== utterances.length)
      yield {
        type: 'note',
        message: `${entry.name}: ${utterances.length} utterances were found, the catalogue says ${part.utterances}.`,
      }
  }
  return manifests
}
