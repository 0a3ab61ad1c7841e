import {type Environment, huggingFaceCache, modelCache} from './cache-root.js'
import {type CatalogueEntry, loadCatalogue} from './catalogue.js'
import {type CachedSnapshot, listSnapshots} from './hub-cache.js'
import type {Precision} from './model-folder.js'
import {availablePrecisions, type ModelKind} from './onnx-files.js'
import {readModelKind} from './read-model-folder.js'

/** A model on this machine. */
export interface InstalledModel {
  readonly id: string
  readonly commit: string
  readonly revisions: readonly string[]
  readonly kind: ModelKind
  readonly path: string
  readonly cache: 'lingulu' | 'hugging-face'
  /** The precisions all parts are there in. */
  readonly precisions: readonly Precision[]
  readonly bytes: number
}

export interface ModelList {
  readonly catalogue: readonly (CatalogueEntry & {readonly installed: readonly InstalledModel[]})[]
  /** Models on this machine that the catalogue does not know. */
  readonly others: readonly InstalledModel[]
}

/** The catalogue, and what both caches hold. Models without ONNX files, and those that do not transcribe, are left out. */
export async function listModels(env: Environment = process.env): Promise<ModelList> {
  const catalogue = await loadCatalogue()
  const installed = [
    ...(await listInstalled(modelCache(env), 'lingulu')),
    ...(await listInstalled(huggingFaceCache(env), 'hugging-face')),
  ]
  const known = new Set(catalogue.flatMap(({source, repository}) => [source, repository]))
  return {
    catalogue: catalogue.map(entry => ({
      ...entry,
      installed: installed.filter(({id}) => id === entry.repository || id === entry.source),
    })),
    others: installed.filter(({id}) => !known.has(id)),
  }
}

async function listInstalled(cache: string, name: InstalledModel['cache']): Promise<readonly InstalledModel[]> {
  const models = await Promise.all((await listSnapshots(cache)).map(snapshot => toInstalled(snapshot, name)))
  return models.filter(model => model !== undefined)
}

async function toInstalled(snapshot: CachedSnapshot, cache: InstalledModel['cache']) {
  const {id, commit, revisions, path, bytes, files} = snapshot
  const kind = await readModelKind(path)
  const precisions = kind === undefined ? [] : availablePrecisions(kind, new Set(files))
  if (kind === undefined || precisions.length === 0) return undefined
  return {id, commit, revisions, kind, path, cache, precisions, bytes}
}
