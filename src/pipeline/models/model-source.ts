import {stat} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {companionsOf} from './companions.js'
import {openModelFiles} from './model-files.js'
import type {Precision, PrecisionChoice} from './model-folder.js'
import {chooseOnnxFiles, onnxKind, onnxPaths} from './onnx-files.js'
import {PRECISION_SUFFIX} from './precision.js'
import {requireModel} from './resolve-model.js'

/** What a folder is made of by changing its models: ONNX files, and what is copied beside them; relative to `folder`, with `/`. */
export interface ModelSource {
  readonly folder: string
  readonly models: readonly string[]
  readonly companions: readonly string[]
}

/** The parts that models have: Whisper the first two, all others one. */
export const MODEL_PARTS = ['encoder', 'decoder', 'model'] as const
export type ModelPart = (typeof MODEL_PARTS)[number]

/**
 * The ONNX files of a model folder in one precision, or one ONNX file by itself.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openModelSource(from: string, precision: PrecisionChoice): Promise<ModelSource> {
  const path = resolve(from)
  const isFile = (await stat(path).catch(() => undefined))?.isFile()
  if (isFile && path.endsWith('.onnx')) return {folder: dirname(path), models: [basename(path)], companions: []}
  const {names} = await openModelFiles(path)
  const kind = onnxKind(names)
  if (kind === undefined)
    throw new LinguluError('MODEL_INVALID', `${path} has no ONNX files of a model.`, {
      hint: 'Give a folder with encoder_model.onnx and a decoder, or with model.onnx, or an ONNX file.',
    })
  return {
    folder: path,
    models: onnxPaths(chooseOnnxFiles(kind, names, precision, path)),
    companions: companionsOf(names),
  }
}

/**
 * Where a model lies that the user named: a folder or an ONNX file, or a model of the catalogue or the hub that was
 * fetched.
 *
 * @throws LinguluError MODEL_MISSING
 */
export async function findModelSource(reference: string, precision?: PrecisionChoice): Promise<string> {
  if (reference !== '' && (await stat(reference).catch(() => undefined)) !== undefined) return resolve(reference)
  if (reference.endsWith('.onnx'))
    throw new LinguluError('MODEL_MISSING', `There is no file ${reference}.`, {
      hint: 'Give an ONNX file, a folder with ONNX files, or the name of a model.',
    })
  return (await requireModel(reference, {precision})).path
}

/** Which part of a model an ONNX file is, by its name. */
export function partOf(name: string): ModelPart {
  const file = basename(name)
  return MODEL_PARTS.find(part => file.startsWith(`${part}_`)) ?? 'model'
}

/** `onnx/model.onnx` in another precision: `onnx/model_q4.onnx`. */
export function nameInPrecision(source: string, precision: Precision): string {
  const stem = source.slice(0, -'.onnx'.length)
  const suffix = Object.values(PRECISION_SUFFIX).find(one => one !== '' && stem.endsWith(one)) ?? ''
  return `${stem.slice(0, stem.length - suffix.length)}${PRECISION_SUFFIX[precision]}.onnx`
}
