import {readdir, stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {huggingFaceCache, modelCache} from '../../models/cache-root.js'
import {findSnapshot} from '../../models/hub-cache.js'
import {pullModel} from '../../models/pull-model.js'
import {parseReference, type ResolveOptions} from '../../models/resolve-model.js'

/**
 * The folder of a checkpoint with safetensors weights: a folder, or a name or hub id, looked for in lingulu's cache, in
 * Hugging Face's, and fetched at last. Whether the folder is whole shows when it is read.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID, MODEL_DOWNLOAD, OFFLINE
 */
export async function resolveCheckpoint(reference: string, options: ResolveOptions = {}): Promise<string> {
  const {env = process.env} = options
  if ((await stat(join(reference, 'config.json')).catch(() => undefined)) !== undefined) return resolve(reference)
  const wanted = await parseReference(reference)
  if (wanted.type === 'folder') return wanted.path
  // A name of the catalogue stands for the makers' repository: that of its export has no weights to train.
  const id = reference.includes('/') ? wanted.ids[0] : (wanted.entry?.source ?? wanted.ids[0])
  for (const cache of [modelCache(env), huggingFaceCache(env)]) {
    const path = await findSnapshot(cache, id, wanted.revision)
    if (path !== undefined && (await hasWeights(path))) return path
  }
  for await (const event of pullModel(id, {...options, revision: wanted.revision, content: 'weights'})) {
    options.onEvent?.(event)
    if (event.type === 'done') return event.folder
  }
  throw new Error('A download ends with done.')
}

/** Whether a folder looks like a checkpoint. */
export async function hasWeights(folder: string): Promise<boolean> {
  const names: readonly string[] = await readdir(folder).catch(() => [])
  return names.includes('config.json') && names.some(name => name.endsWith('.safetensors'))
}
