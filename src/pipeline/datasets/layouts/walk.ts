import {type Dirent, promises as fs} from 'node:fs'
import {join} from 'node:path'
import {hasAudioExtension} from '../../inputs/audio-extensions.js'
import {compareNaturally} from '../../inputs/natural-order.js'

export interface Folder {
  /** Absolute. */
  readonly path: string
  /** Below where the walk began, with `/`; empty for the beginning. */
  readonly relative: string
  /** Files in it, and links that may be files, in natural order. */
  readonly files: readonly string[]
}

export interface WalkOptions {
  /** How many folders deep; 0 is the beginning alone. */
  readonly depth: number
  /** No more folders than this are looked into. Default: all. */
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * A folder and those in it, each before its own, in natural order. Each comes once, however many links lead to it; hidden
 * ones and those that cannot be read do not come.
 */
export async function* walk(root: string, {depth, limit = Infinity, signal}: WalkOptions): AsyncGenerator<Folder> {
  const visited = new Set<string>()
  const waiting: {readonly relative: string; readonly level: number}[] = [{relative: '', level: 0}]
  for (let next = waiting.pop(); next !== undefined && visited.size < limit; next = waiting.pop()) {
    signal?.throwIfAborted()
    const {relative, level} = next
    const path = join(root, relative)
    const entries = await readFolder(path, visited)
    if (entries === undefined) continue
    const shown = entries.filter(({name}) => !name.startsWith('.'))
    const folders = (await Promise.all(shown.map(entry => isFolder(path, entry)))).flatMap((is, index) =>
      is ? [shown[index]?.name ?? ''] : [],
    )
    const inside = new Set(folders)
    const files = shown.map(({name}) => name).filter(name => !inside.has(name))
    yield {path, relative, files: files.sort(compareNaturally)}
    if (level === depth) continue
    for (const name of folders.sort(compareNaturally).reverse())
      waiting.push({relative: relative === '' ? name : `${relative}/${name}`, level: level + 1})
  }
}

async function readFolder(path: string, visited: Set<string>): Promise<Dirent[] | undefined> {
  try {
    const real = await fs.realpath(path)
    if (visited.has(real)) return undefined
    visited.add(real)
    return await fs.readdir(path, {withFileTypes: true})
  } catch {
    return undefined
  }
}

async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink() || hasAudioExtension(entry.name)) return entry.isDirectory()
  return fs.stat(join(parent, entry.name)).then(
    found => found.isDirectory(),
    () => false,
  )
}
