import {stat} from 'node:fs/promises'
import {basename, extname, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import type {Environment} from '../models/cache-root.js'
import {type CatalogEntry, findByName, loadCatalog, type NamedDataset, requireByName} from './catalog.js'
import {datasetCache, MARKER, readMarker} from './dataset-folder.js'

export interface FoundDataset {
  /** Absolute: what `readDataset` takes. */
  readonly path: string
  /** As reports call it: the catalogue's name, or that of the folder or the file. */
  readonly name: string
  /** The catalogue's entry, where the data set was fetched by it. */
  readonly entry: CatalogEntry | undefined
}

export interface FindDatasetOptions {
  readonly env?: Environment | undefined
  readonly catalog?: readonly CatalogEntry[] | undefined
}

const WHAT_TO_GIVE = 'Give a manifest, the folder of a data set, or a name from `lingulu datasets list`.'

/**
 * Finds a data set: a path if there is one, else by its name in the catalogue, if it was fetched. A folder that
 * `lingulu datasets pull --to` made stands for its manifest.
 *
 * @throws {LinguluError} USAGE for a path where nothing is, a name that is unknown, or that of several; DATASET_MISSING
 *   for one that was not fetched
 */
export async function findDataset(
  nameOrPath: string,
  {env = process.env, catalog}: FindDatasetOptions = {},
): Promise<FoundDataset> {
  // Else it would be the folder that one stands in: a variable of a script that was not set.
  if (nameOrPath === '')
    throw new LinguluError('USAGE', 'The data set is named by nothing: an empty text.', {
      hint: WHAT_TO_GIVE,
    })
  const entries = catalog ?? (await loadCatalog(env))
  const path = resolve(nameOrPath)
  const stats = await stat(path).catch(() => undefined)
  if (stats?.isDirectory()) return (await findPulled(path, undefined, entries)) ?? plain(path, basename(path))
  if (stats !== undefined) return plain(path, basename(path, extname(path)))
  if (looksLikePath(nameOrPath) && findByName(entries, nameOrPath) === undefined)
    throw new LinguluError('USAGE', `${nameOrPath}: there is no such file or folder`, {
      hint: WHAT_TO_GIVE,
    })
  const named = requireByName(entries, nameOrPath)
  const found = await findPulled(join(datasetCache(env), named.entry.name), named, entries)
  if (found !== undefined) return found
  throw notPulled(named.entry)
}

async function findPulled(
  folder: string,
  named: NamedDataset | undefined,
  catalog: readonly CatalogEntry[],
): Promise<FoundDataset | undefined> {
  const marker = await readMarker(folder)
  if (marker === undefined) return undefined
  const entry = named?.entry ?? catalog.find(({name}) => name === marker.name)
  const parts = Object.keys(marker.manifests)
  const part = named?.part?.name ?? (parts.length === 1 ? parts[0] : undefined)
  const manifest = part === undefined ? undefined : marker.manifests[part]
  const isOnly = parts.length === 1
  if (part !== undefined && manifest !== undefined)
    return {path: join(folder, manifest), name: isOnly ? marker.name : `${marker.name}-${part}`, entry}
  throw parts.length === 0
    ? new LinguluError('USAGE', `${marker.name} has no manifest: it cannot be read as it is.`, {
        hint: `Its files are in ${folder}; ${MARKER} there says where they come from.`,
      })
    : new LinguluError('USAGE', `${marker.name} is several data sets: name one of them.`, {
        hint: `They are ${Object.values(marker.manifests)
          .map(manifest => join(folder, manifest))
          .join(', ')}.`,
      })
}

function plain(path: string, name: string): FoundDataset {
  return {path, name, entry: undefined}
}

/** What has a separator at its beginning, or an extension, was not meant as a name of the catalogue. */
function looksLikePath(text: string): boolean {
  return /^[.~]|^[a-z]:\\|^\/|\\|\/$|\.(?:csv|tsv|jsonl?|txt|stm|trn|parquet)$/i.test(text)
}

function notPulled({name, manual, homepage}: CatalogEntry): LinguluError {
  if (manual !== null) return new LinguluError('DATASET_MISSING', `${name}: ${manual}`, {hint: homepage})
  return new LinguluError('DATASET_MISSING', `${name} is not on this machine.`, {
    hint: `Fetch it: \`lingulu datasets pull ${name}\`.`,
  })
}
