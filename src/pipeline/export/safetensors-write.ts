import {open, rename, rm, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import type {WeightSource} from '../onnx/model.js'
import {syncFolder, temporaryPath} from '../transcripts/atomic-write.js'
import {makeFolder} from '../transcripts/make-folder.js'
import {outputError} from '../transcripts/output-error.js'
import {ownIdentity} from '../transcripts/process-identity.js'
import {ELEMENT_BYTES, type ElementType} from './safetensors-types.js'

/** A tensor to be written; `source` has its elements little-endian, in row-major order. */
export interface NewTensor {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly source: WeightSource
}

export interface WriteSafetensorsOptions {
  /** Texts by name, such as `{format: 'pt'}`, without which transformers does not load a file. That is the default. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Replace a file that is there. Default: refuse. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

const PIECE_BYTES = 1 << 24
/** The data begins at a multiple of so many bytes: the header is filled up with spaces, as the format allows. */
const ALIGNMENT_BYTES = 8

/**
 * Writes a safetensors file: whole or not at all, in pieces, so that memory does not grow with it. Larger elements come
 * first and tensors of one size by name, as the reference implementation (safetensors, `tensor.rs`, `prepare`) has them.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; the signal's reason. RangeError for a tensor whose bytes do not
 *   fit its shape, or that comes twice. Nothing half-written stays.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly NewTensor[],
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const {metadata = {format: 'pt'}, overwrite = false, signal} = options
  const ordered = [...tensors].sort(compareTensors)
  const head = headerOf(ordered, metadata)
  if (!overwrite && (await stat(path).catch(() => undefined)) !== undefined)
    throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {hint: 'Choose another place, or remove it.'})
  const draft = temporaryPath(path, await ownIdentity())
  try {
    await makeFolder(dirname(path))
    await writeFile(draft, head, ordered, signal)
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(draft, {force: true}).catch(() => undefined)
    throw outputError(path, error)
  }
}

function compareTensors(a: NewTensor, b: NewTensor): number {
  return ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type] || (a.name < b.name ? -1 : 1)
}

function headerOf(tensors: readonly NewTensor[], metadata: Readonly<Record<string, string>>): Buffer {
  const entries = new Map<string, unknown>([['__metadata__', metadata]])
  let position = 0
  for (const {name, type, shape, source} of tensors) {
    const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[type])
    if (bytes !== source.byteLength)
      throw new RangeError(`${name}: ${type} of [${shape.join(', ')}] has ${bytes} bytes, not ${source.byteLength}`)
    if (entries.has(name)) throw new RangeError(`${name} comes twice`)
    entries.set(name, {dtype: type, shape, data_offsets: [position, position + bytes]})
    position += bytes
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const length = Math.ceil(json.byteLength / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
  const head = Buffer.alloc(8 + length, ' ')
  head.writeBigUInt64LE(BigInt(length), 0)
  json.copy(head, 8)
  return head
}

async function writeFile(
  path: string,
  head: Buffer,
  tensors: readonly NewTensor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(head)
    for (const {source} of tensors)
      for (let start = 0; start < source.byteLength; start += PIECE_BYTES) {
        signal?.throwIfAborted()
        await file.writeFile(await source.read(start, Math.min(source.byteLength, start + PIECE_BYTES)))
      }
    await file.sync()
  } finally {
    await file.close()
  }
}
