import {mkdir, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {syncFolder, temporaryPath} from '../transcripts/atomic-write.js'
import {outputError} from '../transcripts/output-error.js'
import {ownIdentity} from '../transcripts/process-identity.js'
import {refuseExisting} from '../transcripts/refuse-existing.js'
import {pointIntoFile, writeExternalData} from './external-data.js'
import {type Model, type WeightSource, weightKey} from './model.js'
import {TensorProto_DataLocation as Location} from './onnx-ml_pb.js'
import {modelTensors} from './visit.js'
import {type Progress, writeStream} from './weight-stream.js'
import {inlineBelow, writeProto} from './write-proto.js'

export interface WriteModelOptions {
  /** Models with more bytes of weights keep them in a file beside (`name.onnx_data`). Default 1,000,000,000. */
  readonly externalDataBytes?: number | undefined
  /** Replace a file that is there. Default: refuse. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Told after each piece of weights. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined
}

export interface WrittenModel {
  /** Absolute or as `path` was given: the model, and its weights where they are beside. */
  readonly files: readonly string[]
  /** Of all files together. */
  readonly bytes: number
}

export const DEFAULT_EXTERNAL_DATA_BYTES = 1_000_000_000
/** Protobuf's limit is 2 GiB for the whole message; the rest is left to the graph. */
const LARGEST_INLINE_BYTES = 2_000_000_000

/**
 * Writes a model to the disk: whole or not at all, its weights in pieces, so that memory does not grow with them.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; the signal's reason. Nothing half-written stays.
 */
export async function writeModel(model: Model, path: string, options: WriteModelOptions = {}): Promise<WrittenModel> {
  const used = usedWeights([model])
  if (isExternal(bytesOfWeights(used), options)) return writeTogether([{model, path}], `${path}_data`, options)
  return writeFiles([path], options, async ([draft = '']) => {
    const progress = countProgress(bytesOfWeights(used), options)
    const proto = await inlineBelow(model)
    await writeStream(draft, sink => writeProto(proto, used, sink, progress))
  })
}

/** Whether that many bytes of weights stand in a file of their own. */
export function isExternal(bytes: number, {externalDataBytes = DEFAULT_EXTERNAL_DATA_BYTES}: WriteModelOptions) {
  return bytes > Math.min(externalDataBytes, LARGEST_INLINE_BYTES)
}

/**
 * Writes models that share weights, and their weights once, in the file `dataPath` in the same folder: all of them or
 * none. A key must mean the same bytes in each of the models.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; the signal's reason. Nothing half-written stays.
 */
export async function writeTogether(
  models: readonly {readonly model: Model; readonly path: string}[],
  dataPath: string,
  options: Omit<WriteModelOptions, 'externalDataBytes'> = {},
): Promise<WrittenModel> {
  const used = usedWeights(models.map(({model}) => model))
  const paths = models.map(({path}) => path)
  return writeFiles([...paths, dataPath], options, async drafts => {
    const progress = countProgress(bytesOfWeights(used), options)
    const places = await writeExternalData(drafts.at(-1) ?? '', used, progress)
    for (const [index, {model}] of models.entries()) {
      const proto = pointIntoFile(model.proto, basename(dataPath), places)
      await writeStream(drafts[index] ?? '', sink => writeProto(proto, new Map(), sink, progress))
    }
  })
}

/** Lets `write` make drafts of the files, in that order, and gives them their names. */
async function writeFiles(
  targets: readonly string[],
  {overwrite = false, signal}: WriteModelOptions,
  write: (drafts: readonly string[]) => Promise<void>,
): Promise<WrittenModel> {
  if (!overwrite) for (const target of targets) await refuseExisting(target)
  const owner = await ownIdentity()
  const drafts = targets.map(target => ({target, draft: temporaryPath(target, owner)}))
  const [path = ''] = targets
  try {
    await mkdir(dirname(path), {recursive: true})
    await write(drafts.map(({draft}) => draft))
    signal?.throwIfAborted()
    let bytes = 0
    // Weights first: a graph never stands there without them.
    for (const {draft, target} of [...drafts].reverse()) {
      bytes += (await stat(draft)).size
      await rename(draft, target)
    }
    await syncFolder(dirname(path))
    return {files: targets, bytes}
  } catch (error) {
    await Promise.all(drafts.map(({draft}) => rm(draft, {force: true}).catch(() => undefined)))
    throw outputError(path, error)
  }
}

function countProgress(total: number, {signal, onProgress}: WriteModelOptions): Progress {
  let done = 0
  return bytes => {
    signal?.throwIfAborted()
    done += bytes
    onProgress?.(done, total)
  }
}

/** The weights that some tensor names: a pass may have left others behind. */
function usedWeights(models: readonly Model[]): Map<string, WeightSource> {
  const used = new Map<string, WeightSource>()
  for (const {proto, weights} of models)
    for (const tensor of modelTensors(proto)) {
      if (tensor.dataLocation !== Location.EXTERNAL) continue
      const key = weightKey(tensor) ?? ''
      const source = weights.get(key)
      if (source === undefined)
        throw new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(tensor.name)} has no data.`)
      if (!used.has(key)) used.set(key, source)
    }
  return used
}

const bytesOfWeights = (weights: ReadonlyMap<string, WeightSource>): number =>
  [...weights.values()].reduce((sum, {byteLength}) => sum + byteLength, 0)
