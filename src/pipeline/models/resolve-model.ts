import {stat} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {huggingFaceCache, modelCache} from './cache-root.js'
import {loadCatalogue} from './catalogue.js'
import {findSnapshot} from './hub-cache.js'
import {type ModelReference, parseModelReference} from './model-reference.js'
import {packageFile} from './package-root.js'
import {type PullEvent, type PullOptions, pullModel} from './pull-model.js'
import {inspectModelFolder} from './read-model-folder.js'

/** A model folder on this machine. */
export interface ResolvedModel {
  readonly path: string
  /** What results call it. */
  readonly name: string
  readonly source: 'folder' | 'bundled' | 'cache' | 'hugging-face-cache' | 'download'
}

export interface ResolveOptions extends Omit<PullOptions, 'content' | 'revision'> {
  /** Hears of notes and of the download's progress. */
  readonly onEvent?: ((event: PullEvent) => void) | undefined
}

export type FetchEvent =
  | Exclude<PullEvent, {type: 'done'}>
  | (Extract<PullEvent, {type: 'done'}> & {readonly name: string})

/** The model that comes with the package. */
const BUNDLED = 'models/lingulu-en'

/**
 * Finds the model the user means, fetching it if need be. Looked into in this order: a folder, lingulu's cache, Hugging
 * Face's cache, the hub. Without a reference it is the bundled model.
 *
 * @throws LinguluError `MODEL_MISSING` if there is no such model, else as {@link pullModel}.
 */
export async function resolveModel(
  reference: string | undefined,
  options: ResolveOptions = {},
): Promise<ResolvedModel> {
  const found = await findModel(reference, options)
  if (found !== undefined) return found
  if (reference === undefined) throw noDefault()
  for await (const event of fetchModel(reference, options)) {
    options.onEvent?.(event)
    if (event.type === 'done') return {path: event.folder, name: event.name, source: 'download'}
  }
  throw new Error('a download ends with done')
}

/**
 * Fetches the model the user means from the hub, as {@link pullModel}. `done` tells what results will call it.
 *
 * @throws LinguluError `USAGE` if the reference is a path, else as {@link pullModel}.
 */
export async function* fetchModel(
  reference: string,
  options: Omit<PullOptions, 'revision'> = {},
): AsyncGenerator<FetchEvent> {
  const wanted = await parseReference(reference)
  if (wanted.type === 'folder')
    throw new LinguluError('USAGE', `${reference} is a path: there is nothing to fetch.`, {
      hint: 'Give a name of the catalogue (`lingulu models list`) or a hub id (owner/name).',
    })
  try {
    for await (const event of pullModel(wanted.ids[0], {...options, revision: wanted.revision}))
      yield event.type === 'done' ? {...event, name: wanted.name} : event
  } catch (error) {
    throw isMissing(error) ? alsoNoFolder(error, reference) : error
  }
}

/**
 * Finds a model on this machine without asking the hub; undefined if it is not here in the precision asked for.
 *
 * @throws LinguluError `MODEL_MISSING` if the reference is a path that is not there, or no reference at all.
 */
export async function findModel(
  reference: string | undefined,
  {env = process.env, precision}: ResolveOptions = {},
): Promise<ResolvedModel | undefined> {
  if (reference === undefined) {
    const path = packageFile(BUNDLED)
    return (await exists(join(path, 'config.json'))) ? {path, name: basename(BUNDLED), source: 'bundled'} : undefined
  }
  if (reference !== '' && (await exists(join(reference, 'config.json')))) return folder(resolve(reference))
  const wanted = await parseReference(reference)
  if (wanted.type === 'folder') return folder(wanted.path)
  for (const [cache, source] of [
    [modelCache(env), 'cache'],
    [huggingFaceCache(env), 'hugging-face-cache'],
  ] as const) {
    for (const id of wanted.ids) {
      const path = await findSnapshot(cache, id, wanted.revision)
      if (path !== undefined && (await isUsable(path, precision))) return {path, name: wanted.name, source}
    }
  }
  return undefined
}

/**
 * Like {@link findModel}, for a model that must be there.
 *
 * @throws LinguluError `MODEL_MISSING` if it is not on this machine.
 */
export async function requireModel(
  reference: string | undefined,
  options: ResolveOptions = {},
): Promise<ResolvedModel> {
  const found = await findModel(reference, options)
  if (found !== undefined) return found
  if (reference === undefined) throw noDefault()
  throw new LinguluError('MODEL_MISSING', `${reference} is not on this machine, or not in this precision.`, {
    hint: `\`lingulu models pull ${reference}\` fetches it.`,
  })
}

/** Like {@link parseModelReference} with the catalogue; what is none of its names, but a file here, is a path. */
export async function parseReference(reference: string): Promise<ModelReference> {
  try {
    return parseModelReference(reference, await loadCatalogue())
  } catch (error) {
    if (isMissing(error) && (await exists(reference))) return {type: 'folder', path: resolve(reference)}
    throw error
  }
}

function folder(path: string): ResolvedModel {
  return {path, name: basename(path), source: 'folder'}
}

/** Whole, and there in this precision. */
async function isUsable(path: string, precision: ResolveOptions['precision']): Promise<boolean> {
  try {
    await inspectModelFolder(path, {precision})
    return true
  } catch (error) {
    if (error instanceof LinguluError) return false
    throw error
  }
}

function noDefault(): LinguluError {
  return new LinguluError(
    'MODEL_MISSING',
    `No model was given, and this copy of lingulu comes without one (${BUNDLED}).`,
    {
      hint: 'Give one with --model: a folder, a name such as whisper-base.en, or a Hugging Face id. `lingulu models pull whisper-base.en` fetches one beforehand; `lingulu models list` shows the names.',
    },
  )
}

function isMissing(error: unknown): error is LinguluError {
  return error instanceof LinguluError && error.code === 'MODEL_MISSING'
}

function alsoNoFolder(error: LinguluError, reference: string): LinguluError {
  return new LinguluError('MODEL_MISSING', `${error.message} There is no folder ${reference} either.`, {
    cause: error,
    hint: error.hint,
  })
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
