import {stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {externalDataFiles} from '../models/onnx-external-data.js'
import type {Model} from '../onnx/model.js'
import {readModel} from '../onnx/read-model.js'
import {watchWeights} from '../onnx/watch-weights.js'
import {refuseExisting} from '../transcripts/refuse-existing.js'
import type {ToolDone} from './tool-events.js'
import type {ToolContext} from './tool-main.js'
import {writeCheckedModel} from './write-checked.js'

export interface TransformFileOptions<Details extends object> {
  readonly input: string
  readonly output: string
  /** Models with more bytes of weights keep them in a file beside. */
  readonly externalDataBytes?: ((model: Model) => number | undefined) | undefined
  /** Gives the new model, and what the tool's `done` tells beside its usual fields. */
  readonly transform: (
    model: Model,
    /** Tells how much of it is done, from 0 to 1, where reading the weights is not most of the work. */
    advance: (fraction: number) => void,
  ) => Promise<{readonly model: Model; readonly details: Details}>
}

/** Reading and computing take so much of the whole, writing and the load check the rest. */
const TRANSFORM_PART = 0.7
const STEP = 0.01

/**
 * What the tools that change one ONNX file have in common: `start`, `progress` as weights are read and written, and the
 * `done` to be returned. The output has been checked before it gets its name.
 *
 * @throws LinguluError INPUT_MISSING, MODEL_INVALID, OUTPUT_EXISTS, OUTPUT_FAILED; what `transform` throws; the signal's
 *   reason
 */
export async function transformFile<Details extends object>(
  {input, output, externalDataBytes, transform}: TransformFileOptions<Details>,
  {signal, emit}: ToolContext,
): Promise<ToolDone & Details> {
  await refuseExisting(output)
  const source = await readModel(input)
  const sourceBytes = await bytesWithData(input)
  emit({type: 'start', input, output, sourceBytes})
  let shown = 0
  const advance = (fraction: number) => {
    if (fraction < Math.min(1, shown + STEP)) return
    shown = fraction
    emit({type: 'progress', fraction})
  }
  const onRead = (done: number, total: number) => advance((TRANSFORM_PART * done) / Math.max(total, 1))
  const {model, details} = await transform(watchWeights(source, {signal, onRead}), done =>
    advance(TRANSFORM_PART * done),
  )
  const onProgress = (done: number, total: number) =>
    advance(Math.max(shown, TRANSFORM_PART + ((0.99 - TRANSFORM_PART) * done) / Math.max(total, 1)))
  const limit = externalDataBytes?.(model)
  const {files, bytes} = await writeCheckedModel(model, output, {signal, onProgress, externalDataBytes: limit})
  advance(1)
  return {type: 'done', files: [...files], bytes, sourceBytes, ...details}
}

/** Of an ONNX file and the files it keeps weights in. */
export async function bytesWithData(path: string): Promise<number> {
  const files = [path, ...(await externalDataFiles(path)).map(location => join(dirname(path), location))]
  const sizes = await Promise.all(files.map(async file => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
