import {join} from 'node:path'
import {walkFolder} from '../../inputs/walk-folder.js'
import type {DatasetProblem} from '../utterance.js'
import {problemAt} from './layout.js'

/** Recordings below a folder that are not among those listed, by absolute path: at most one problem. */
export async function* findUnlisted(
  folder: string,
  listed: ReadonlySet<string>,
  signal?: AbortSignal,
): AsyncGenerator<DatasetProblem> {
  const {audio} = await walkFolder(folder, signal).catch(() => {
    signal?.throwIfAborted()
    return {audio: []}
  })
  yield* unlistedProblem(
    folder,
    audio.filter(path => !listed.has(join(folder, path))),
  )
}

export function unlistedProblem(folder: string, names: readonly string[]): DatasetProblem[] {
  if (names.length === 0) return []
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '')
  const count = names.length === 1 ? 'a recording' : `${names.length.toLocaleString('en')} recordings`
  return [problemAt(folder, undefined, 'unlisted-audio', `${count} without a reference: ${some}`)]
}
