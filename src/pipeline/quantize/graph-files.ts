import {basename, join} from 'node:path'
import type {PrecisionChoice} from '../models/model-folder.js'
import {PRECISION_SUFFIX} from '../models/precision.js'
import {inspectModelFolder} from '../models/read-model-folder.js'

/** An ONNX file of a model. */
export interface GraphFile {
  /** The same in every precision: `encoder_model`, `decoder_model_merged`, `model`. */
  readonly graph: string
  /** Absolute. */
  readonly path: string
}

/**
 * The ONNX files that a model folder's precision consists of.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function graphFiles(folder: string, precision: PrecisionChoice = 'auto'): Promise<GraphFile[]> {
  const {folder: found, files} = await inspectModelFolder(folder, {precision})
  return files
    .filter(file => file.endsWith('.onnx'))
    .map(file => ({graph: graphName(file), path: join(found.path, file)}))
}

/** `onnx/encoder_model_int8.onnx` is a file of the graph `encoder_model`. */
export function graphName(path: string): string {
  const stem = basename(path, '.onnx')
  const suffixes = Object.values(PRECISION_SUFFIX).filter(suffix => suffix !== '' && stem.endsWith(suffix))
  const longest = suffixes.sort((a, b) => b.length - a.length)[0] ?? ''
  return stem.slice(0, stem.length - longest.length)
}
