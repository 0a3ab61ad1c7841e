import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {LinguluError} from '../errors.js'
import type {CatalogueEntry} from './catalogue.js'
import {hubContext} from './hub-context.js'
import type {HubFile} from './hub-listing.js'
import {openModelFiles} from './model-files.js'
import type {CtcFolder, ModelFolder, Precision, WhisperFolder} from './model-folder.js'
import {availablePrecisions, chooseOnnxFiles, type ModelKind, onnxKind, onnxPaths} from './onnx-files.js'
import {inspectRepository} from './pull-model.js'
import {hashModel, inspectModelFolder} from './read-model-folder.js'
import {findModel, parseReference, type ResolvedModel, type ResolveOptions, requireModel} from './resolve-model.js'

interface FileSize {
  readonly path: string
  readonly bytes: number
}

/** A model folder as JSON can hold it. */
export type PlainFolder = WhisperFolder | (Omit<CtcFolder, 'special'> & {readonly special: readonly number[]})

/** What is known of a model. */
export type ModelDescription =
  | {
      readonly state: 'installed'
      readonly model: ResolvedModel
      readonly folder: PlainFolder
      /** The files that are opened in this precision. */
      readonly files: readonly FileSize[]
      readonly precisions: readonly Precision[]
      readonly entry: CatalogueEntry | undefined
    }
  | {
      readonly state: 'on-the-hub'
      readonly id: string
      readonly commit: string
      readonly kind: ModelKind | undefined
      readonly licence: string | undefined
      /** The ONNX files of each precision, together. */
      readonly precisions: readonly {readonly precision: Precision; readonly bytes: number}[]
      readonly entry: CatalogueEntry | undefined
    }

/**
 * Describes the model the user means: from its folder if it is on this machine, else from the hub's listing.
 *
 * @throws LinguluError as {@link findModel}, `OFFLINE` if it is not here and the hub may not be asked.
 */
export async function describeModel(
  reference: string | undefined,
  options: ResolveOptions = {},
): Promise<ModelDescription> {
  const wanted = reference === undefined ? undefined : await parseReference(reference)
  const entry = wanted?.type === 'hub' ? wanted.entry : undefined
  const model = reference === undefined ? await requireModel(reference, options) : await findModel(reference, options)
  if (model !== undefined) return describeFolder(model, entry, options)
  if (wanted?.type !== 'hub') throw new Error('a path is found or refused')
  if (options.offline) throw new LinguluError('OFFLINE', `${reference} is not on this machine.`)
  return describeRepository(wanted.ids.at(-1) ?? wanted.ids[0], wanted.revision, entry, options)
}

async function describeFolder(
  model: ResolvedModel,
  entry: CatalogueEntry | undefined,
  {precision, env}: ResolveOptions,
): Promise<ModelDescription> {
  const {folder, files} = await inspectModelFolder(model.path, {precision, name: model.name})
  const {names} = await openModelFiles(model.path)
  return {
    state: 'installed',
    model,
    folder: toPlain({...folder, hash: await hashModel(folder.path, files, env)}),
    files: await Promise.all(files.map(async path => ({path, bytes: (await stat(join(folder.path, path))).size}))),
    precisions: availablePrecisions(folder.kind, names),
    entry,
  }
}

function toPlain(folder: ModelFolder): PlainFolder {
  return folder.kind === 'ctc' ? {...folder, special: [...folder.special].sort((a, b) => a - b)} : folder
}

async function describeRepository(
  id: string,
  revision: string,
  entry: CatalogueEntry | undefined,
  {env = process.env, ...options}: ResolveOptions,
): Promise<ModelDescription> {
  const context = await hubContext(env, options)
  try {
    const asking = inspectRepository(id, revision, context)
    let step = await asking.next()
    while (!step.done) {
      options.onEvent?.(step.value)
      step = await asking.next()
    }
    const {commit, files, licence} = step.value
    const paths = new Set(files.map(({path}) => path))
    const kind = onnxKind(paths)
    const precisions = kind === undefined ? [] : availablePrecisions(kind, paths)
    const sizeIn = (precision: Precision) => onnxBytes(files, kind ?? 'ctc', precision, id)
    return {
      state: 'on-the-hub',
      id,
      commit,
      kind,
      licence,
      precisions: precisions.map(precision => ({precision, bytes: sizeIn(precision)})),
      entry,
    }
  } finally {
    await context.proxies?.close()
  }
}

function onnxBytes(files: readonly HubFile[], kind: ModelKind, precision: Precision, id: string): number {
  const chosen = onnxPaths(chooseOnnxFiles(kind, new Set(files.map(({path}) => path)), precision, id))
  return files
    .filter(({path}) => chosen.some(onnx => path === onnx || path.startsWith(`${onnx}_data`)))
    .reduce((sum, {bytes}) => sum + bytes, 0)
}
