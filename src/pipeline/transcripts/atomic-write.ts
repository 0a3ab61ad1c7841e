import {open, readdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {makeFolder} from './make-folder.js'
import {outputError} from './output-error.js'
import {isAlive, ownIdentity, type ProcessIdentity} from './process-identity.js'

export interface FileContent {
  readonly path: string
  readonly content: string
}

/**
 * Writes files so that each is there whole or not at all, also after a crash of the program or the machine: all go to
 * temporary files in their folders first, then to the disk, then to their names. Missing folders are made.
 * @throws {LinguluError} OUTPUT_FAILED; nothing temporary is left behind then.
 */
export async function writeAtomically(files: readonly FileContent[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const owner = await ownIdentity()
  const drafts = files.map(({path, content}) => ({path, content, temporary: temporaryPath(path, owner)}))
  try {
    // Together: the disk takes many small files in hardly more time than one.
    await allOrFirstFailure(
      drafts.map(({path, content, temporary}) => blame(path, () => writeDurably(temporary, content))),
    )
    signal?.throwIfAborted()
    for (const {temporary, path} of drafts) await blame(path, () => rename(temporary, path))
  } catch (error) {
    await Promise.all(drafts.map(({temporary}) => rm(temporary, {force: true}).catch(() => undefined)))
    throw error
  }
  for (const folder of new Set(files.map(({path}) => dirname(path)))) await syncFolder(folder)
}

async function blame(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    throw outputError(path, error)
  }
}

/** Nothing is under way any more when it returns or throws. */
async function allOrFirstFailure(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function writeDurably(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path))
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes renames in a folder durable. Some systems cannot do it for a folder; there nothing more can be done. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch {}
}

// The length does not depend on the final name, which may be the longest that the file system takes.
const TEMPORARY = /^\.lingulu-([0-9a-f]{8})-(\d+)-(\w*)-[0-9a-f]+\.tmp$/

export function temporaryPath(path: string, {pid, started, host}: ProcessIdentity): string {
  const unique = crypto.randomUUID().slice(0, 8)
  return join(dirname(path), `.lingulu-${host}-${pid}-${started}-${unique}.tmp`)
}

/** A file of another machine's run that is older than this was left behind. */
const FOREIGN_AGE_MILLISECONDS = 24 * 3600 * 1000

/**
 * Removes what killed runs left in these folders: temporary files, and drafts of folders with all that is in them. Those
 * of runs under way stay. Gives their number.
 */
export async function removeStaleTemporaries(folders: Iterable<string>): Promise<number> {
  let removed = 0
  for (const folder of new Set(folders)) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      const path = join(folder, name)
      if (!(await isStale(path, name))) continue
      await rm(path, {recursive: true, force: true}).catch(() => undefined)
      removed++
    }
  }
  return removed
}

async function isStale(path: string, name: string): Promise<boolean> {
  const [, host, pid, started] = TEMPORARY.exec(name) ?? []
  if (host === undefined || pid === undefined || started === undefined) return false
  const alive = await isAlive({host, pid: Number(pid), started})
  if (alive !== undefined) return !alive
  const found = await stat(path).catch(() => undefined)
  // The time of a folder says nothing of the files below it, which another machine may be writing.
  if (found?.isDirectory()) return false
  return found !== undefined && Date.now() - found.mtimeMs > FOREIGN_AGE_MILLISECONDS
}
