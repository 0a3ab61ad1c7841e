import {type FileHandle, mkdir, open, rename, rm, stat} from 'node:fs/promises'
import {basename, dirname} from 'node:path'
import {clearField, create, toBinary} from '@bufbuild/protobuf'
import {LinguluError} from '../errors.js'
import {syncFolder, temporaryPath} from '../transcripts/atomic-write.js'
import {outputError} from '../transcripts/output-error.js'
import {ownIdentity} from '../transcripts/process-identity.js'
import {copyMessage} from './copy-message.js'
import {mapTensors} from './map-graphs.js'
import {type Model, type WeightSource, weightKey} from './model.js'
import {
  GraphProtoSchema,
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './onnx-ml_pb.js'
import {modelTensors} from './visit.js'

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

/** So that weights can be mapped into memory. */
const ALIGNMENT_BYTES = 4096
const PIECE_BYTES = 1 << 24
/** Protobuf's limit is 2 GiB for the whole message; the rest is left to the graph. */
const LARGEST_INLINE_BYTES = 2_000_000_000

/**
 * Writes a model to the disk: whole or not at all, its weights in pieces, so that memory does not grow with them.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; the signal's reason. Nothing half-written stays.
 */
export async function writeModel(model: Model, path: string, options: WriteModelOptions = {}): Promise<WrittenModel> {
  const {externalDataBytes = 1_000_000_000, overwrite = false} = options
  const used = usedWeights(model)
  const total = [...used.values()].reduce((sum, {byteLength}) => sum + byteLength, 0)
  const external = total > Math.min(externalDataBytes, LARGEST_INLINE_BYTES)
  const targets = external ? [`${path}_data`, path] : [path]
  if (!overwrite) for (const target of targets) await refuseExisting(target)
  const owner = await ownIdentity()
  const drafts = targets.map(target => ({target, draft: temporaryPath(target, owner)}))
  try {
    await mkdir(dirname(path), {recursive: true})
    const progress = countProgress(total, options)
    const proto = external
      ? await writeExternal(model.proto, used, drafts[0]?.draft ?? '', `${basename(path)}_data`, progress)
      : await inlineBelow(model)
    await writeFile(drafts.at(-1)?.draft ?? '', sink => writeProto(proto, external ? new Map() : used, sink, progress))
    options.signal?.throwIfAborted()
    let bytes = 0
    for (const {draft, target} of drafts) {
      bytes += (await stat(draft)).size
      await rename(draft, target)
    }
    await syncFolder(dirname(path))
    return {files: [...targets].reverse(), bytes}
  } catch (error) {
    await Promise.all(drafts.map(({draft}) => rm(draft, {force: true}).catch(() => undefined)))
    throw outputError(path, error)
  }
}

async function refuseExisting(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) === undefined) return
  throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {
    hint: 'Choose another place, or remove it first.',
  })
}

type Progress = (bytes: number) => void

function countProgress(total: number, {signal, onProgress}: WriteModelOptions): Progress {
  let done = 0
  return bytes => {
    signal?.throwIfAborted()
    done += bytes
    onProgress?.(done, total)
  }
}

/** The weights that some tensor names: a pass may have left others behind. */
function usedWeights({proto, weights}: Model): Map<string, WeightSource> {
  const used = new Map<string, WeightSource>()
  for (const tensor of modelTensors(proto)) {
    if (tensor.dataLocation !== Location.EXTERNAL) continue
    const key = weightKey(tensor) ?? ''
    const source = weights.get(key)
    if (source === undefined)
      throw new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(tensor.name)} has no data.`)
    used.set(key, source)
  }
  return used
}

type Sink = (bytes: Uint8Array) => Promise<void>

async function writeFile(path: string, write: (sink: Sink) => Promise<void>): Promise<void> {
  const file: FileHandle = await open(path, 'wx')
  try {
    await write(async bytes => {
      let done = 0
      while (done < bytes.byteLength) done += (await file.write(bytes, done)).bytesWritten
    })
    await file.sync()
  } finally {
    await file.close()
  }
}

async function copyWeights(source: WeightSource, sink: Sink, progress: Progress): Promise<void> {
  for (let start = 0; start < source.byteLength; start += PIECE_BYTES) {
    const end = Math.min(source.byteLength, start + PIECE_BYTES)
    await sink(await source.read(start, end))
    progress(end - start)
  }
}

/** All weights in one file, each at a multiple of 4096; gives the model whose tensors name their places there. */
async function writeExternal(
  proto: ModelProto,
  used: ReadonlyMap<string, WeightSource>,
  draft: string,
  location: string,
  progress: Progress,
): Promise<ModelProto> {
  const offsets = new Map<string, number>()
  let position = 0
  await writeFile(draft, async sink => {
    for (const [key, source] of used) {
      const gap = (ALIGNMENT_BYTES - (position % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES
      await sink(new Uint8Array(gap))
      offsets.set(key, position + gap)
      await copyWeights(source, sink, progress)
      position += gap + source.byteLength
    }
  })
  return mapTensors(proto, tensor => {
    const key = tensor.dataLocation === Location.EXTERNAL ? weightKey(tensor) : undefined
    if (key === undefined) return tensor
    const copy = copyMessage(tensor)
    const entries = {location, offset: offsets.get(key) ?? 0, length: used.get(key)?.byteLength ?? 0}
    copy.externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, {key, value: String(value)}),
    )
    return copy
  })
}

/** What is not an initializer of the main graph is written with its message, not in pieces: it is rarely large. */
async function inlineBelow({proto, weights}: Model): Promise<ModelProto> {
  const streamed = new Set(proto.graph?.initializer)
  const bytes = new Map<string, Uint8Array>()
  for (const tensor of modelTensors(proto)) {
    const key = weightKey(tensor)
    if (tensor.dataLocation !== Location.EXTERNAL || streamed.has(tensor) || key === undefined) continue
    const source = weights.get(key)
    if (source !== undefined && !bytes.has(key)) bytes.set(key, await source.read(0, source.byteLength))
  }
  return mapTensors(proto, tensor => {
    if (tensor.dataLocation !== Location.EXTERNAL || streamed.has(tensor)) return tensor
    const copy = withoutData(tensor)
    const found = bytes.get(weightKey(tensor) ?? '')
    if (found !== undefined) copy.rawData = found
    return copy
  })
}

function withoutData(tensor: TensorProto): TensorProto {
  const copy = copyMessage(tensor)
  clearField(copy, TensorProtoSchema.field.dataLocation)
  clearField(copy, TensorProtoSchema.field.rawData)
  copy.externalData = []
  return copy
}

/** Field numbers of the messages on the way to a weight, as tags of length-delimited fields. */
const MODEL_GRAPH = 0x3a
const GRAPH_INITIALIZER = 0x2a
const TENSOR_RAW_DATA = 0x4a

/** The message, with the weights of `streamed` spliced in from their sources. */
async function writeProto(
  proto: ModelProto,
  streamed: ReadonlyMap<string, WeightSource>,
  sink: Sink,
  progress: Progress,
): Promise<void> {
  const {graph} = proto
  if (graph === undefined) throw new RangeError('A model has a graph')
  const outer = copyMessage(proto)
  clearField(outer, ModelProtoSchema.field.graph)
  const inner = copyMessage(graph)
  inner.initializer = []
  const head = toBinary(GraphProtoSchema, inner)
  const tensors = graph.initializer.map(tensor => {
    const source = tensor.dataLocation === Location.EXTERNAL ? streamed.get(weightKey(tensor) ?? '') : undefined
    const message = toBinary(TensorProtoSchema, source ? withoutData(tensor) : tensor)
    const data = source ? field(TENSOR_RAW_DATA, source.byteLength) : new Uint8Array(0)
    const length = message.byteLength + data.byteLength + (source?.byteLength ?? 0)
    return {start: Buffer.concat([field(GRAPH_INITIALIZER, length), message, data]), source}
  })
  const length = tensors.reduce(
    (sum, {start, source}) => sum + start.byteLength + (source?.byteLength ?? 0),
    head.byteLength,
  )
  await sink(Buffer.concat([toBinary(ModelProtoSchema, outer), field(MODEL_GRAPH, length), head]))
  for (const {start, source} of tensors) {
    await sink(start)
    if (source !== undefined) await copyWeights(source, sink, progress)
  }
}

/** The tag and the length that stand before a field of so many bytes. */
function field(tag: number, byteLength: number): Uint8Array {
  const bytes = [tag]
  let rest = byteLength
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
