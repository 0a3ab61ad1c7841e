import {basename, dirname, extname, join, relative, resolve, sep} from 'node:path'
import {LinguluError} from '../errors.js'
import {commonFolder, isInside} from './common-folder.js'
import type {InputFailure, InputItem} from './input.js'
import {mapConcurrently} from './map-concurrently.js'
import {type ManifestEntry, readManifest} from './read-manifest.js'
import {statInput} from './stat-input.js'

export interface ManifestListing {
  /** In the order of the rows. */
  readonly items: readonly InputItem[]
  readonly failures: readonly InputFailure[]
  readonly manifest: string
}

/**
 * The recordings of a manifest at an absolute path; `name` is what the user called it. Paths in it are relative to its
 * folder. A recording that is not there is a failure of its own.
 */
export async function listManifest(name: string, path: string, signal?: AbortSignal): Promise<ManifestListing> {
  const entries = await readManifest(path, signal)
  const folder = dirname(path)
  const audio = entries.map(entry => resolve(folder, entry.audio))
  // Below the manifest's folder names do not depend on the other rows.
  const base = audio.every(file => isInside(file, folder)) ? folder : commonFolder(audio.map(file => dirname(file)))
  const found = await mapConcurrently(audio, 32, statFile)
  const items: InputItem[] = []
  const failures: InputFailure[] = []
  for (const [index, entry] of entries.entries()) {
    const file = audio[index] ?? ''
    const state = found[index]
    const shown = join(dirname(name), relative(folder, file))
    if (state !== undefined) failures.push({name: shown, id: entry.id, error: located(state, name, entry.line)})
    else items.push(toItem(entry, file, shown, base))
  }
  return {items, failures, manifest: path}
}

async function statFile(path: string): Promise<LinguluError | undefined> {
  const state = await statInput(path)
  if (state instanceof LinguluError) return state
  return state.isDirectory() ? new LinguluError('AUDIO_UNREADABLE', `${path}: is a folder`) : undefined
}

const located = ({code, message, cause}: LinguluError, manifest: string, line: number): LinguluError =>
  new LinguluError(code, `${message} (${manifest}, line ${line})`, {
    cause,
    hint: 'Paths in a manifest are relative to its folder.',
  })

function toItem(entry: ManifestEntry, path: string, name: string, base: string): InputItem {
  const {id, text, language, channel, offset, duration} = entry
  // NeMo gives every whole recording its duration: only with an offset does it cut.
  const clip = offset === undefined ? undefined : {offsetSeconds: offset, durationSeconds: duration}
  return {path, name, relativePath: id ?? placeOf(relative(base, path), entry), id, text, language, clip, channel}
}

/** Rows that are parts of the same recording get names of their own: `talk.12500.wav`, `talk.left.wav`. */
function placeOf(path: string, {offset, channel}: ManifestEntry): string {
  const extension = extname(path)
  const parts = [basename(path, extension)]
  if (offset !== undefined) parts.push(String(Math.round(offset * 1000)))
  if (channel === 'left' || channel === 'right') parts.push(channel)
  return join(dirname(path), `${parts.join('.')}${extension}`)
    .split(sep)
    .join('/')
}
