import {join} from 'node:path'
import type {Environment} from '../models/cache-root.js'
import {type CatalogEntry, loadCatalog} from './catalog.js'
import {datasetCache, readMarker} from './dataset-folder.js'

export interface ListedDataset {
  readonly name: string
  readonly aliases: readonly string[]
  readonly title: string
  readonly description: string
  readonly languages: readonly string[]
  /** `null` where it is not published. */
  readonly hours: number | null
  readonly utterances: number | null
  /** To fetch; `null` where it is not published, or there is nothing to fetch. */
  readonly bytes: number | null
  readonly licence: string
  readonly attribution: string
  readonly homepage: string
  /** What can be evaluated, by the name to give. */
  readonly parts: readonly string[]
  /** How to get it, where lingulu may not fetch it. */
  readonly manual: string | null
  /** Its folder, if it is on this machine. */
  readonly path: string | null
  readonly pulledAt: string | null
}

export interface DatasetList {
  readonly datasets: readonly ListedDataset[]
}

/** The catalogue, and what of it is in the cache. */
export async function listDatasets(env: Environment = process.env): Promise<DatasetList> {
  const catalog = await loadCatalog(env)
  return {datasets: await Promise.all(catalog.map(entry => describe(entry, join(datasetCache(env), entry.name))))}
}

async function describe(entry: CatalogEntry, folder: string): Promise<ListedDataset> {
  const {name, aliases, title, description, languages, licence, attribution, homepage, manual, parts, files} = entry
  const marker = await readMarker(folder)
  return {
    name,
    aliases,
    title,
    description,
    languages,
    hours: total(parts.map(part => part.hours)),
    utterances: total(parts.map(part => part.utterances)),
    bytes: total(files.map(file => file.bytes)),
    licence,
    attribution,
    homepage,
    parts: parts.map(part => (parts.length === 1 ? name : `${name}-${part.name}`)),
    manual,
    path: marker === undefined ? null : folder,
    pulledAt: marker?.pulledAt ?? null,
  }
}

function total(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.includes(null)) return null
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
}
