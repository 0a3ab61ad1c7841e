import {stat} from 'node:fs/promises'
import {dirname, isAbsolute, resolve} from 'node:path'
import type {Entry} from './kaldi-lists.js'

/** Why an entry of wav.scp is no path; undefined if it is one. */
export function whyNoPath(value: string): string | undefined {
  if (value === '') return 'names no file'
  if (value.endsWith('|'))
    return 'is made by a command (it ends in |), and no command of a data set is run: convert the recordings, then list their paths'
  if (value.startsWith('|') || value === '-') return 'is no file'
  if (/\.ark:\d+(\[|$)/.test(value))
    return 'lies in an archive (.ark): copy it to a file of its own, then list its path'
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value)) return 'is an address; only local files are read'
  return undefined
}

/**
 * Where relative paths of wav.scp begin. Kaldi takes them from where a recipe is run, which is above the folder of the
 * data: the nearest folder from which the first path leads to something.
 */
export async function findBase(folder: string, entries: Iterable<Entry>): Promise<string> {
  for (const {value} of entries) {
    if (whyNoPath(value) !== undefined) continue
    if (isAbsolute(value)) continue
    let base = folder
    for (let level = 0; level < 5; level++) {
      if (await stat(resolve(base, value)).catch(() => undefined)) return base
      base = dirname(base)
    }
    return folder
  }
  return folder
}
