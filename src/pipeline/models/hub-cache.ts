import {lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {LinguluError} from '../errors.js'
import {isPlainPath} from './model-paths.js'

/*
 * The layout of Hugging Face's cache, which lingulu's own cache shares (with real files where Hugging Face has links):
 *   models--owner--name/refs/<revision>      the commit that the revision was last seen at
 *   models--owner--name/snapshots/<commit>/  the model folder
 */

/** One downloaded commit of a repository. */
export interface CachedSnapshot {
  readonly id: string
  readonly commit: string
  /** Branches and tags that point to it. */
  readonly revisions: readonly string[]
  readonly path: string
  /** Relative paths of its files, at the top and one folder down. */
  readonly files: readonly string[]
  readonly bytes: number
}

const REPOSITORY = /^models--(.+?)--(.+)$/

/** The folder of a repository in a cache. */
export function repositoryFolder(cache: string, id: string): string {
  if (!isHubId(id)) throw new LinguluError('USAGE', `Not a hub id: ${id}.`, {hint: 'A hub id is owner/name.'})
  return join(cache, `models--${id.replace('/', '--')}`)
}

/** `owner/name` by the hub's rules. */
export function isHubId(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text) && isPlainPath(text) && !/--|\.\./.test(text) && text.length <= 200
}

/** Where a revision (branch, tag or commit) of a repository stands in a cache; undefined if it does not. */
export async function findSnapshot(cache: string, id: string, revision: string): Promise<string | undefined> {
  if (!isPlainPath(revision)) return undefined
  const repository = repositoryFolder(cache, id)
  const reference = await readFile(join(repository, 'refs', revision), 'utf8').catch(() => revision)
  const commit = reference.trim()
  if (!/^[\w.-]+$/.test(commit) || !isPlainPath(commit)) return undefined
  const path = join(repository, 'snapshots', commit)
  return (await isFolder(path)) ? path : undefined
}

/** Notes which commit a revision is at. */
export async function writeReference(cache: string, id: string, revision: string, commit: string): Promise<void> {
  if (revision === commit || !isPlainPath(revision)) return
  const path = join(repositoryFolder(cache, id), 'refs', revision)
  await mkdir(dirname(path), {recursive: true})
  await writeFile(`${path}.${process.pid}.partial`, commit)
  await rename(`${path}.${process.pid}.partial`, path)
}

/** All model repositories of a cache, by id. An absent cache is an empty one. */
export async function listSnapshots(cache: string): Promise<readonly CachedSnapshot[]> {
  const found: CachedSnapshot[] = []
  for (const folder of (await names(cache)).sort()) {
    const [, owner, name] = REPOSITORY.exec(folder) ?? []
    if (owner === undefined || name === undefined) continue
    const revisions = await readReferences(join(cache, folder, 'refs'))
    for (const commit of await names(join(cache, folder, 'snapshots'))) {
      const path = join(cache, folder, 'snapshots', commit)
      const files = await filesOf(path)
      found.push({
        id: `${owner}/${name}`,
        commit,
        revisions: revisions.filter(([, at]) => at === commit).map(([revision]) => revision),
        path,
        files: files.map(file => file.path),
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      })
    }
  }
  return found
}

/**
 * Removes a repository with all its commits from lingulu's cache.
 *
 * @returns the bytes that were freed; undefined if it was not there.
 */
export async function removeRepository(cache: string, id: string): Promise<number | undefined> {
  const folder = repositoryFolder(cache, id)
  const entry = await lstat(folder).catch(() => undefined)
  if (entry === undefined) return undefined
  if (!entry.isDirectory())
    throw new LinguluError('USAGE', `${folder} is a link or a file, not a folder that lingulu made.`, {
      hint: 'Remove it by hand if you mean to.',
    })
  const bytes = (await listSnapshots(cache)).filter(model => model.id === id).reduce((sum, {bytes}) => sum + bytes, 0)
  const doomed = `${folder}.${process.pid}.removed`
  await rename(folder, doomed) // at once, so that nobody finds half a model
  await rm(doomed, {recursive: true, force: true})
  return bytes
}

async function readReferences(folder: string): Promise<readonly (readonly [revision: string, commit: string])[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(() => [])
  const files = entries.filter(entry => entry.isFile() && !entry.name.endsWith('.partial'))
  return await Promise.all(
    files.map(async ({parentPath, name}) => {
      const path = join(parentPath, name)
      const revision = path.slice(folder.length + 1).replaceAll('\\', '/')
      return [revision, (await readFile(path, 'utf8')).trim()] as const
    }),
  )
}

async function filesOf(snapshot: string) {
  const top = (await names(snapshot)).filter(name => name !== 'onnx')
  const onnx = (await names(join(snapshot, 'onnx'))).map(name => `onnx/${name}`)
  const stats = await Promise.all(
    [...top, ...onnx].map(async path => ({path, stats: await stat(join(snapshot, path)).catch(() => undefined)})),
  )
  return stats.flatMap(({path, stats}) =>
    stats?.isFile() && !basename(path).endsWith('.partial') ? [{path, bytes: stats.size}] : [],
  )
}

async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
