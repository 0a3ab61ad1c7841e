import {promises as fs} from 'node:fs'
import {basename, dirname, join, relative, resolve, sep} from 'node:path'
import {glob, isDynamicPattern} from 'tinyglobby'
import {LinguluError} from '../errors.js'
import {hasAudioExtension} from './audio-extensions.js'
import type {InputFailure, InputItem, ListedInputs} from './input.js'
import {listManifest} from './list-manifest.js'
import {isManifestName} from './manifest-format.js'
import {mapConcurrently} from './map-concurrently.js'
import {compareNaturally} from './natural-order.js'
import {inputError, statInput} from './stat-input.js'
import {walkFolder} from './walk-folder.js'

export interface ListOptions {
  /** Manifests whatever their names are (`--manifest`). */
  readonly manifests?: readonly string[] | undefined
  /** Relative inputs start here; the current folder by default. */
  readonly cwd?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What one argument stands for. */
interface Listing {
  readonly items: readonly InputItem[]
  readonly failures?: readonly InputFailure[]
  readonly notAudio?: number
  readonly hidden?: number
  readonly manifest?: string
}

/**
 * The recordings that arguments name: files, folders (with all folders in them), globs, CSV/TSV/JSONL manifests, `-` for
 * stdin. The order is that of the arguments, natural by path within each. A file that is named twice is listed once.
 * @throws {LinguluError} USAGE where an argument that should bring many brings none; MANIFEST_INVALID with all problems
 * of a manifest.
 */
export async function listInputs(inputs: readonly string[], options: ListOptions = {}): Promise<ListedInputs> {
  const {cwd = process.cwd(), manifests = [], signal} = options
  if (inputs.length === 0 && manifests.length === 0)
    throw new LinguluError('USAGE', 'Nothing to transcribe.', {
      hint: 'Name files, folders, globs, a manifest (.csv, .tsv, .jsonl) or - for stdin.',
    })
  const listings: Listing[] = []
  for (const path of manifests) listings.push(await listManifest(path, resolve(cwd, path), signal))
  for (const input of inputs) listings.push(await listArgument(input, cwd, signal))

  const {items, duplicates} = withoutDuplicates(listings.flatMap(listing => listing.items))
  return {
    items,
    failures: listings.flatMap(({failures = []}) => failures),
    skipped: {
      notAudio: listings.reduce((sum, {notAudio = 0}) => sum + notAudio, 0),
      hidden: listings.reduce((sum, {hidden = 0}) => sum + hidden, 0),
      duplicates,
    },
    manifests: listings.flatMap(({manifest}) => (manifest === undefined ? [] : [manifest])),
  }
}

async function listArgument(input: string, cwd: string, signal: AbortSignal | undefined): Promise<Listing> {
  if (input === '-') return {items: [{path: '-', name: 'stdin', relativePath: 'stdin'}]}
  const path = resolve(cwd, input)
  const found = await statInput(path)
  if (found instanceof LinguluError) {
    if (found.code === 'INPUT_MISSING' && isDynamicPattern(input)) return listGlob(input, cwd)
    return {items: [], failures: [{name: input, error: found}]}
  }
  if (found.isDirectory()) return listFolder(input, path, signal)
  if (isManifestName(input)) return listManifest(input, path, signal)
  return {items: [{path, name: input, relativePath: basename(path)}]}
}

async function listFolder(input: string, path: string, signal: AbortSignal | undefined): Promise<Listing> {
  const listing = await walkFolder(path, signal).catch(cause => {
    signal?.throwIfAborted()
    throw new LinguluError('USAGE', `${input}: cannot list the folder`, {
      cause,
      hint: 'Check its permissions.',
    })
  })
  const {audio, notAudio, hidden, unreadable} = listing
  if (audio.length === 0 && unreadable.length === 0) throw emptyError(`${input}: no audio file in the folder`, notAudio)
  return {
    items: audio.map(file => ({path: join(path, file), name: join(input, file), relativePath: file})),
    failures: unreadable.map(({path: part, cause}) => ({
      name: join(input, part),
      error: inputError(join(input, part), cause),
    })),
    notAudio,
    hidden,
  }
}

function emptyError(problem: string, notAudio: number): LinguluError {
  const hint =
    notAudio > 0
      ? `It holds ${notAudio} other file${notAudio === 1 ? '' : 's'}. A file whose extension is not one of audio must be named itself, or by a glob with that extension.`
      : 'Check the path.'
  return new LinguluError('USAGE', problem, {hint})
}

async function listGlob(pattern: string, cwd: string): Promise<Listing> {
  const found = await glob(pattern, {cwd, absolute: true, expandDirectories: false}).catch(cause => {
    throw new LinguluError('USAGE', `${pattern}: not a glob`, {cause})
  })
  const paths = await withoutDetours(found.map(path => resolve(path)))
  const anyName = isDynamicPattern(extensionOf(pattern))
  const audio = anyName ? paths.filter(hasAudioExtension) : paths
  if (audio.length === 0) throw emptyError(`${pattern}: no audio file matches`, paths.length)
  const base = resolve(cwd, globBase(pattern))
  const items = audio.map(path => ({
    path,
    name: relative(cwd, path),
    relativePath: relative(base, path).split(sep).join('/'),
  }))
  return {
    items: items.sort((a, b) => compareNaturally(a.relativePath, b.relativePath)),
    notAudio: paths.length - audio.length,
  }
}

const extensionOf = (pattern: string): string => {
  const name = basename(pattern)
  return name.includes('.') ? name.slice(name.lastIndexOf('.')) : '*'
}

/** The folders before the first part of the pattern that stands for several names. */
function globBase(pattern: string): string {
  const parts = pattern.split('/')
  const first = parts.findIndex(part => isDynamicPattern(part))
  return parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.')
}

/** One path for each file: links to folders make several, without end where a folder links to one above it. */
async function withoutDetours(paths: readonly string[]): Promise<string[]> {
  const folders = [...new Set(paths.map(path => dirname(path)))]
  const realFolders = new Map(
    await mapConcurrently(
      folders,
      16,
      async folder => [folder, await fs.realpath(folder).catch(() => folder)] as const,
    ),
  )
  const shortest = new Map<string, string>()
  for (const path of paths) {
    const real = join(realFolders.get(dirname(path)) ?? dirname(path), basename(path))
    const known = shortest.get(real)
    if (known === undefined || path.length < known.length) shortest.set(real, path)
  }
  return [...shortest.values()]
}

function withoutDuplicates(items: readonly InputItem[]): {items: InputItem[]; duplicates: string[]} {
  const seen = new Set<string>()
  const duplicates: string[] = []
  const unique = items.filter(({path, name, id, clip, channel}) => {
    const key = JSON.stringify([path, id, clip?.offsetSeconds, clip?.durationSeconds, channel])
    if (seen.has(key)) duplicates.push(name)
    return !seen.has(key) && seen.add(key)
  })
  return {items: unique, duplicates}
}
