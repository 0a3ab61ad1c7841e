import {type FileHandle, open} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {fileSource} from '../onnx/file-source.js'
import {ELEMENT_BYTES, type ElementType, LARGEST_HEADER_BYTES, type StoredTensor} from './safetensors-types.js'

export interface SafetensorsFile {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, StoredTensor>
}

const Size = z.int().min(0)
const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(Size).max(16),
  data_offsets: z.tuple([Size, Size]),
})
const Metadata = z.record(z.string(), z.string())

/**
 * Reads the header of a safetensors file. Tensors are read when they are used. As strict as the reference
 * implementation (safetensors, `tensor.rs`, `Metadata::validate`): tensors stand one after the other, without gaps and
 * overlaps, up to the end of the file.
 *
 * @throws LinguluError INPUT_MISSING; MODEL_INVALID with the file, the tensor and what is wrong with it.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const {header, dataStart, dataBytes} = await readHeader(path)
  const {__metadata__: metadata = {}, ...entries} = header
  const parsedMetadata = Metadata.safeParse(metadata)
  if (!parsedMetadata.success) throw invalid(path, `its __metadata__ is not texts by name`)
  const tensors = new Map<string, StoredTensor>()
  const places: Place[] = []
  for (const [name, value] of Object.entries(entries)) {
    const {type, shape, begin, end} = checkEntry(path, name, value)
    places.push({name, begin, end})
    tensors.set(name, {name, type, shape, path, source: fileSource(path, dataStart + begin, end - begin)})
  }
  checkPlaces(path, places, dataBytes)
  return {path, metadata: parsedMetadata.data, tensors}
}

interface Header {
  readonly header: Readonly<Record<string, unknown>>
  readonly dataStart: number
  readonly dataBytes: number
}

async function readHeader(path: string): Promise<Header> {
  const file = await openFile(path)
  try {
    const {size} = await file.stat()
    const start = await readBytes(file, 0, Math.min(size, 128))
    if (start.toString('latin1').startsWith('version https://git-lfs')) throw lfsPointer(path)
    if (size < 8) throw invalid(path, `it has ${size} bytes, fewer than the length of its header takes`)
    const length = Number(start.readBigUInt64LE(0))
    if (length > LARGEST_HEADER_BYTES) throw invalid(path, `its header would have ${length} bytes`)
    if (length > size - 8) throw invalid(path, `its header ends at byte ${length + 8} of ${size}`)
    const text = (await readBytes(file, 8, length)).toString('utf8')
    return {header: parseHeader(path, text), dataStart: 8 + length, dataBytes: size - 8 - length}
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    if (cause.code === 'ENOENT') throw new LinguluError('INPUT_MISSING', `${path}: there is no such file`, {cause})
    throw invalid(path, `it cannot be read (${String(cause.code)})`, cause)
  }
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const {bytesRead} = await file.read(bytes, 0, length, position)
  return bytes.subarray(0, bytesRead)
}

function parseHeader(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
    return z.record(z.string(), z.unknown()).parse(value)
  } catch (cause) {
    throw invalid(path, 'its header is not a JSON object', cause)
  }
}

function checkEntry(path: string, name: string, value: unknown) {
  const named = `tensor ${JSON.stringify(name)}`
  const parsed = Entry.safeParse(value)
  if (!parsed.success) throw invalid(path, `${named}: ${explainIssues(parsed.error)}`)
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data
  if (!isElementType(dtype)) throw invalid(path, `${named} has the unknown type ${JSON.stringify(dtype)}`)
  const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype])
  if (end - begin !== bytes)
    throw invalid(
      path,
      `${named} of type ${dtype} and shape [${shape.join(', ')}] needs ${bytes} bytes, not ${end - begin}`,
    )
  return {type: dtype, shape, begin, end}
}

const isElementType = (type: string): type is ElementType => Object.hasOwn(ELEMENT_BYTES, type)

interface Place {
  readonly name: string
  readonly begin: number
  readonly end: number
}

function checkPlaces(path: string, places: readonly Place[], dataBytes: number): void {
  let position = 0
  for (const {name, begin, end} of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const problem = begin < position ? 'overlaps the one before it' : 'leaves a gap before it'
    if (begin !== position) throw invalid(path, `tensor ${JSON.stringify(name)} ${problem} (byte ${begin} of the data)`)
    position = end
  }
  if (position !== dataBytes)
    throw invalid(path, `its tensors have ${position} bytes, the file has ${dataBytes} for them`)
}

const lfsPointer = (path: string) =>
  new LinguluError('MODEL_INVALID', `${path} is a Git LFS pointer, not the weights themselves.`, {
    hint: 'Run `git lfs pull` in that repository, or fetch the weights with `lingulu models pull MODEL --weights`.',
  })

function invalid(path: string, problem: string, cause?: unknown): LinguluError {
  return new LinguluError('MODEL_INVALID', `${path} is not a whole safetensors file: ${problem}.`, {
    cause,
    hint: 'It was cut short or is something else: fetch or save it again.',
  })
}
