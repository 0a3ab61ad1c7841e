import {type FileHandle, open} from 'node:fs/promises'
import {basename, dirname, isAbsolute, normalize, resolve, sep} from 'node:path'
import {fromBinary} from '@bufbuild/protobuf'
import {LinguluError} from '../errors.js'
import {MalformedError} from './byte-window.js'
import {byteLengthOf, typeName} from './element-types.js'
import {fileSource} from './file-source.js'
import {type Model, memorySource, pointTo, type WeightSource, weightKey} from './model.js'
import {
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
} from './onnx-ml_pb.js'
import {readSkeleton, type Skeleton} from './read-skeleton.js'
import {modelTensors} from './visit.js'

/** Smaller tensors stay in their messages: shapes, axes, scales. */
const IN_MESSAGE_BYTES = 1024
/** A protobuf message must be smaller. */
const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1

/**
 * Reads an ONNX file. Its weights, in it and beside it (external data), are found and measured, and read only when they
 * are used: the file must stay as it is until then.
 *
 * @throws LinguluError INPUT_MISSING; MODEL_INVALID with the file, the tensor and what is wrong with it.
 */
export async function readModel(path: string): Promise<Model> {
  const {bytes, cut} = await readWithoutWeights(path)
  const proto = parse(path, bytes)
  if (proto.graph === undefined) throw invalid(path, 'it has no graph')
  const weights = new Map<string, WeightSource>()
  const files = new Map<string, number>()
  for (const tensor of modelTensors(proto)) {
    const found = await sourceOf(path, tensor, {cut, files})
    if (found === undefined) continue
    if (!weights.has(found.key)) weights.set(found.key, found.source)
    pointTo(tensor, found.key)
  }
  return {proto, weights}
}

async function readWithoutWeights(path: string): Promise<Skeleton> {
  const file = await openModel(path)
  try {
    const {size} = await file.stat()
    if (size > LARGEST_MESSAGE_BYTES) throw invalid(path, `it has ${size} bytes; a model file has at most 2 GiB`)
    if (size === 0) throw invalid(path, 'it is empty')
    await refusePointer(path, file)
    return await readSkeleton(file, size, IN_MESSAGE_BYTES)
  } catch (cause) {
    if (cause instanceof MalformedError) throw invalid(path, cause.message, cause)
    if (cause instanceof Error && 'code' in cause && !(cause instanceof LinguluError))
      throw invalid(path, `it cannot be read (${String(cause.code)})`, cause)
    throw cause
  } finally {
    await file.close()
  }
}

async function openModel(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    if (cause.code === 'ENOENT') throw new LinguluError('INPUT_MISSING', `${path}: there is no such file`, {cause})
    throw invalid(path, `it cannot be read (${String(cause.code)})`, cause)
  }
}

async function refusePointer(path: string, file: FileHandle): Promise<void> {
  const {buffer, bytesRead} = await file.read(Buffer.alloc(40), 0, 40, 0)
  if (!buffer.toString('latin1', 0, bytesRead).startsWith('version https://git-lfs')) return
  throw new LinguluError('MODEL_INVALID', `${path} is a Git LFS pointer, not the model itself.`, {
    hint: 'Run `git lfs pull` in that repository, or fetch the model with `lingulu models pull`.',
  })
}

function parse(path: string, bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

interface Places {
  /** Weights that stand in the file itself, by their keys. */
  readonly cut: Skeleton['cut']
  /** Sizes of the files beside it. */
  readonly files: Map<string, number>
}

async function sourceOf(path: string, tensor: TensorProto, {cut, files}: Places): Promise<Found | undefined> {
  if (tensor.dataLocation !== Location.EXTERNAL) return inlineSource(path, tensor)
  const key = weightKey(tensor) ?? ''
  const place = cut.get(key)
  if (place === undefined) return await externalSource(path, tensor, files)
  checkLength(path, tensor, place.length)
  return {key, source: fileSource(path, place.offset, place.length)}
}

interface Found {
  readonly key: string
  readonly source: WeightSource
}

function inlineSource(path: string, tensor: TensorProto): Found | undefined {
  const {rawData} = tensor
  if (rawData.byteLength === 0) return undefined
  checkLength(path, tensor, rawData.byteLength)
  if (rawData.byteLength < IN_MESSAGE_BYTES) return undefined
  return {key: `bytes:${rawData.byteOffset}:${rawData.byteLength}`, source: memorySource(rawData)}
}

async function externalSource(path: string, tensor: TensorProto, files: Map<string, number>): Promise<Found> {
  const entries = new Map(tensor.externalData.map(({key, value}) => [key, value]))
  const location = entries.get('location')
  const named = `tensor ${JSON.stringify(tensor.name)}`
  if (location === undefined) throw invalid(path, `${named} has external data without a location`)
  const inside = normalize(location)
  if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`))
    throw invalid(path, `${named} has its data outside the folder of the model, in ${JSON.stringify(location)}`)
  const file = resolve(dirname(path), inside)
  const size = files.get(file) ?? (await sizeOf(path, file, named))
  files.set(file, size)
  const offset = integerOf(path, entries.get('offset') ?? '0', named)
  const length = integerOf(path, entries.get('length') ?? String(size - offset), named)
  if (offset + length > size)
    throw invalid(path, `${named} ends at byte ${offset + length} of ${basename(file)}, which has ${size}`)
  checkLength(path, tensor, length)
  return {key: `file:${inside}:${offset}:${length}`, source: fileSource(file, offset, length)}
}

async function sizeOf(path: string, file: string, named: string): Promise<number> {
  try {
    const handle = await open(file)
    try {
      return (await handle.stat()).size
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw new LinguluError('MODEL_INVALID', `${path}: ${named} has its data in ${file}, which cannot be opened.`, {
      cause,
      hint: 'Copy or fetch the model with all files beside it.',
    })
  }
}

function integerOf(path: string, text: string, named: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw invalid(path, `${named} has ${JSON.stringify(text)} for a place in its external data`)
}

function checkLength(path: string, {name, dims, dataType}: TensorProto, length: number): void {
  const count = dims.reduce((product, size) => product * Number(size), 1)
  const expected = byteLengthOf(dataType, count)
  if (expected === undefined || expected === length) return
  throw invalid(
    path,
    `tensor ${JSON.stringify(name)} of type ${typeName(dataType)} and shape [${dims.join(', ')}] needs ${expected} bytes and has ${length}`,
  )
}

function invalid(path: string, problem: string, cause?: unknown): LinguluError {
  return new LinguluError('MODEL_INVALID', `${path} is not a whole ONNX model: ${problem}.`, {
    cause,
    hint: 'It was cut short or is something else: fetch or export it again.',
  })
}
