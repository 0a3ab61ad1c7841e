import {LinguluError} from '../errors.js'
import {type Environment, huggingFaceCache, modelCache} from './cache-root.js'
import {listSnapshots, removeRepository} from './hub-cache.js'
import {parseReference} from './resolve-model.js'

/** Repositories in lingulu's cache, and what they weigh. */
export interface Removal {
  readonly ids: readonly string[]
  readonly bytes: number
}

/**
 * Finds what removing a model would remove: its repository in lingulu's own cache, or the export that stands for it.
 *
 * @throws LinguluError `USAGE` for a path or a model that only Hugging Face's cache has, `MODEL_MISSING` if it is nowhere.
 */
export async function findRemovable(reference: string, env: Environment = process.env): Promise<Removal> {
  const wanted = await parseReference(reference)
  if (wanted.type === 'folder')
    throw new LinguluError('USAGE', `${reference} is a path: only models in lingulu’s cache are removed.`, {
      hint: 'Give a name or a hub id, or remove the folder by hand.',
    })
  const inCache = (await listSnapshots(modelCache(env))).filter(({id}) => wanted.ids.includes(id))
  if (inCache.length > 0)
    return {ids: [...new Set(inCache.map(({id}) => id))], bytes: inCache.reduce((sum, {bytes}) => sum + bytes, 0)}
  const elsewhere = (await listSnapshots(huggingFaceCache(env))).find(({id}) => wanted.ids.includes(id))
  if (elsewhere !== undefined)
    throw new LinguluError(
      'USAGE',
      `${reference} stands in Hugging Face’s cache only (${elsewhere.path}), which lingulu does not change.`,
      {
        hint: 'Other programs may use it; remove it with their tools.',
      },
    )
  throw new LinguluError('MODEL_MISSING', `${reference} is not in lingulu’s cache.`, {
    hint: '`lingulu models list` shows what is.',
  })
}

/** Removes what {@link findRemovable} found. */
export async function removeModel({ids}: Removal, env: Environment = process.env): Promise<Removal> {
  let bytes = 0
  for (const id of ids) bytes += (await removeRepository(modelCache(env), id)) ?? 0
  return {ids, bytes}
}
