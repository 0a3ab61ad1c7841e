import {stat} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {PROVENANCE_FILE} from '../models/file-record.js'
import {openModelFiles} from '../models/model-files.js'
import type {Precision, PrecisionChoice} from '../models/model-folder.js'
import {chooseOnnxFiles, onnxKind, onnxPaths} from '../models/onnx-files.js'
import {PRECISION_SUFFIX} from '../models/precision.js'

/** What is quantized: ONNX files, and what is copied beside them; all relative to `folder`, with `/`. */
export interface QuantizationSource {
  readonly folder: string
  readonly models: readonly string[]
  readonly companions: readonly string[]
}

/** Configuration, tokenizers, language models and documents; never weights, nor the record of how the source was made. */
const COMPANION = /(?:\.(?:json|txt|md|model|jinja|arpa|bpe)|^(?:LICENSE|NOTICE)[^/]*)$/i

/**
 * The ONNX files of a model folder in one precision, or one ONNX file by itself.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openQuantizationSource(from: string, precision: PrecisionChoice): Promise<QuantizationSource> {
  const path = resolve(from)
  const isFile = (await stat(path).catch(() => undefined))?.isFile()
  if (isFile && path.endsWith('.onnx')) return {folder: dirname(path), models: [basename(path)], companions: []}
  const {names} = await openModelFiles(path)
  const kind = onnxKind(names)
  if (kind === undefined)
    throw new LinguluError('MODEL_INVALID', `${path} has no ONNX files of a model.`, {
      hint: 'Give a folder with encoder_model.onnx and a decoder, or with model.onnx, or an ONNX file.',
    })
  const models = onnxPaths(chooseOnnxFiles(kind, names, precision, path))
  const companions = [...names].filter(name => !name.includes('/') && COMPANION.test(name) && name !== PROVENANCE_FILE)
  return {folder: path, models, companions: companions.sort()}
}

/** `onnx/model.onnx` in another precision: `onnx/model_q4.onnx`. */
export function targetName(source: string, precision: Precision): string {
  const stem = source.slice(0, -'.onnx'.length)
  const suffix = Object.values(PRECISION_SUFFIX).find(one => one !== '' && stem.endsWith(one)) ?? ''
  return `${stem.slice(0, stem.length - suffix.length)}${PRECISION_SUFFIX[precision]}.onnx`
}

/** Bytes of files together. */
export async function bytesOfFiles(folder: string, names: Iterable<string>): Promise<number> {
  let bytes = 0
  for (const name of names) bytes += (await stat(join(folder, name))).size
  return bytes
}
