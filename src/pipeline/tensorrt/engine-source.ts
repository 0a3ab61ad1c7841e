import {stat} from 'node:fs/promises'
import {basename, dirname, join, posix, resolve} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {openModelFiles, readModelJson} from '../models/model-files.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import {chooseOnnxFiles, onnxKind, onnxPaths} from '../models/onnx-files.js'
import type {ProfileOptions} from './shape-profiles.js'

/** What engines are made of. */
export interface EngineSource {
  readonly folder: string
  /** ONNX files, relative to the folder, with `/`. */
  readonly models: readonly string[]
  /** What `config.json` says of sizes that a graph may leave open. */
  readonly sizes: Pick<ProfileOptions, 'mels' | 'audioPositions' | 'textPositions'>
}

/** `config.json`, as far as sizes of inputs go. */
const SizesConfig = z.object({
  num_mel_bins: z.int().positive().optional(),
  max_source_positions: z.int().positive().optional(),
  max_target_positions: z.int().positive().optional(),
})

/** Layouts that TensorRT does not take, where the split one stands beside them. */
const OTHER_LAYOUTS = /(?:^|\/)(?:decoder_model_merged|encoder_fused|decoder_fused)[^/]*\.onnx$/
const SPLIT = /(?:^|\/)decoder_with_past_model[^/]*\.onnx$/

/**
 * The ONNX files of a model folder in one precision, or one ONNX file by itself. A split decoder goes before all others.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openEngineSource(from: string, precision: PrecisionChoice): Promise<EngineSource> {
  const path = resolve(from)
  const isFile = (await stat(path).catch(() => undefined))?.isFile()
  if (isFile && path.endsWith('.onnx')) return {folder: dirname(path), models: [basename(path)], sizes: {}}
  const files = await openModelFiles(path)
  const isSplit = [...files.names].some(name => SPLIT.test(name))
  const names = new Set([...files.names].filter(name => !(isSplit && OTHER_LAYOUTS.test(name))))
  const kind = onnxKind(names)
  if (kind === undefined)
    throw new LinguluError('MODEL_INVALID', `${path} has no ONNX files of a model.`, {
      hint: 'Make them with `lingulu export`, for Whisper with --layout split, for others with --layout huggingface.',
    })
  const config = await readModelJson(files, 'config.json', SizesConfig)
  return {
    folder: path,
    models: onnxPaths(chooseOnnxFiles(kind, names, precision, path)),
    sizes: {
      mels: config?.num_mel_bins,
      audioPositions: config?.max_source_positions,
      textPositions: config?.max_target_positions,
    },
  }
}

/** `onnx/decoder_model.onnx` in half precision: `decoder_model_fp16.engine`. */
export function engineName(model: string, convertedToHalf: boolean): string {
  return `${posix.basename(model, '.onnx')}${convertedToHalf ? '_fp16' : ''}.engine`
}

export const modelPath = (source: EngineSource, model: string): string => join(source.folder, model)
