import {promises as fs} from 'node:fs'
import {basename, dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {mapConcurrently} from '../inputs/map-concurrently.js'
import {statInput} from '../inputs/stat-input.js'

/** With fewer files of a folder than this, each is looked at by itself. */
const WORTH_LISTING = 64
const AT_ONCE = 32

/**
 * Which of these absolute paths are no readable files, and why. A folder of which many files are asked is listed once:
 * a million names cost seconds then, not minutes.
 */
export async function findMissing(
  paths: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string[]>()
  for (const path of paths) {
    const folder = dirname(path)
    const known = folders.get(folder)
    if (known) known.push(path)
    else folders.set(folder, [path])
  }
  const doubtful = await mapConcurrently([...folders], AT_ONCE, async ([folder, inside]) => {
    signal?.throwIfAborted()
    const files = inside.length < WORTH_LISTING ? new Set<string>() : await listFiles(folder)
    return inside.filter(path => !files.has(basename(path)))
  })
  const missing = new Map<string, string>()
  await mapConcurrently(doubtful.flat(), AT_ONCE, async path => {
    signal?.throwIfAborted()
    const found = await statInput(path)
    if (found instanceof LinguluError) missing.set(path, found.message)
    else if (!found.isFile()) missing.set(path, `${path}: is ${found.isDirectory() ? 'a folder' : 'no regular file'}`)
  })
  return missing
}

/** Plain files; links are looked at one by one. */
async function listFiles(folder: string): Promise<Set<string>> {
  const entries = await fs.readdir(folder, {withFileTypes: true}).catch(() => [])
  return new Set(entries.filter(entry => entry.isFile()).map(({name}) => name))
}
