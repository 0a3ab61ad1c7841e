import {type Dirent, promises as fs} from 'node:fs'
import {join} from 'node:path'
import {hasAudioExtension} from './audio-extensions.js'
import {compareNaturally} from './natural-order.js'

export interface FolderListing {
  /** Paths relative to the folder with `/` between their parts, in natural order. */
  readonly audio: readonly string[]
  readonly notAudio: number
  readonly hidden: number
  /** Folders inside that could not be listed, and links that lead nowhere, with the reason. */
  readonly unreadable: readonly {readonly path: string; readonly cause: unknown}[]
}

/**
 * All audio files in a folder and the folders in it, by extension. Names that begin with a dot are passed over. Links
 * are followed; a folder that can be reached in several ways is listed once, under its own place if it lies inside.
 * @throws if the folder itself cannot be listed.
 */
export async function walkFolder(root: string, signal?: AbortSignal): Promise<FolderListing> {
  const walk = {audio: [] as string[], notAudio: 0, hidden: 0, unreadable: [] as {path: string; cause: unknown}[]}
  const visited = new Set<string>()
  const folders: string[] = ['']
  const linkedFolders: string[] = []

  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop() ?? linkedFolders.pop()) {
    signal?.throwIfAborted()
    let entries: Dirent[]
    try {
      const real = await fs.realpath(join(root, folder))
      if (visited.has(real)) continue
      visited.add(real)
      entries = await fs.readdir(join(root, folder), {withFileTypes: true})
    } catch (cause) {
      if (folder === '') throw cause
      walk.unreadable.push({path: folder, cause})
      continue
    }
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.name.startsWith('.')) walk.hidden++
      else if (entry.isDirectory()) folders.push(path)
      else if (entry.isSymbolicLink()) await followLink(path)
      else addFile(path, entry.isFile())
    }
    // Links come last, the first in order first.
    if (folders.length === 0) linkedFolders.sort((a, b) => compareNaturally(b, a))
  }
  return {...walk, audio: walk.audio.sort(compareNaturally)}

  function addFile(path: string, isFile: boolean): void {
    if (isFile && hasAudioExtension(path)) walk.audio.push(path)
    else walk.notAudio++
  }

  async function followLink(path: string): Promise<void> {
    try {
      const target = await fs.stat(join(root, path))
      if (target.isDirectory()) linkedFolders.push(path)
      else addFile(path, target.isFile())
    } catch (cause) {
      if (hasAudioExtension(path)) walk.unreadable.push({path, cause})
      else walk.notAudio++
    }
  }
}
