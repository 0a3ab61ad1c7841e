import {basename, dirname, join, resolve} from 'node:path'
import {hasAudioExtension} from '../../inputs/audio-extensions.js'
import {audioByStem, stemOf} from './audio-by-stem.js'
import {walk} from './walk.js'

/** Folders beside a folder of lists in which corpora keep their recordings. */
const BESIDE = ['audio', 'sph', 'wav', 'wavs', 'flac']

/** Recordings of lists that name them without folder or extension. */
export interface AudioFinder {
  readonly isEmpty: boolean
  /** Absolute paths of all that were found. */
  readonly all: readonly string[]
  /** By its name in a list: a path from the folder, or what the file is called with or without its extension. */
  find(name: string): string | undefined
}

/** What there is below the folder of a list; where that is none, in the folders beside it that are called `audio`, `wav` … */
export async function findAudio(folder: string, signal: AbortSignal | undefined): Promise<AudioFinder> {
  let all = await audioBelow(folder, signal)
  for (const name of BESIDE) if (all.length === 0) all = await audioBelow(join(dirname(folder), name), signal)
  const paths = new Set(all)
  const byName = new Map(all.map(path => [basename(path), path]))
  const byStem = audioByStem(all.map(path => basename(path)))
  return {
    isEmpty: all.length === 0,
    all,
    find(name) {
      const direct = resolve(folder, name)
      if (paths.has(direct)) return direct
      const last = basename(name)
      return (
        byName.get(last) ??
        byName.get(byStem.get(last) ?? byStem.get(hasAudioExtension(last) ? stemOf(last) : '') ?? '')
      )
    },
  }
}

async function audioBelow(folder: string, signal: AbortSignal | undefined): Promise<string[]> {
  const found: string[] = []
  for await (const {path, files} of walk(folder, {depth: 4, signal}))
    for (const file of files) if (hasAudioExtension(file)) found.push(join(path, file))
  return found
}
