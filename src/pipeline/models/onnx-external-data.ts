import {type FileHandle, open} from 'node:fs/promises'
import {LinguluError} from '../errors.js'

/** The messages of onnx.proto on the way to external data, and the fields of each that lead on. */
const LEADS_TO = {
  model: {7: 'graph'},
  graph: {1: 'node', 5: 'tensor'},
  node: {5: 'attribute'},
  attribute: {5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph'},
  tensor: {13: 'entry'},
  entry: {},
} as const satisfies Record<string, Record<number, string>>
type Message = keyof typeof LEADS_TO

const LENGTH_DELIMITED = 2
const BUFFER_BYTES = 1 << 16

/**
 * The files in which an ONNX model keeps weights, relative to it (`TensorProto.external_data`). Weights inside the file
 * are skipped unread, so this takes milliseconds whatever the size.
 *
 * @throws LinguluError `MODEL_INVALID` if the file is not ONNX, or is cut short.
 */
export async function externalDataFiles(path: string): Promise<readonly string[]> {
  const file = await open(path)
  try {
    const {size} = await file.stat()
    const bytes = new ByteWindow(file, size)
    await refusePointer(path, bytes, size)
    const locations = new Set<string>()
    await walk(bytes, 'model', 0, size, locations)
    return [...locations].sort()
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new LinguluError('MODEL_INVALID', `${path} is not a whole ONNX file: ${cause.message}.`, {
      hint: 'It was cut short or is something else: fetch it again.',
    })
  } finally {
    await file.close()
  }
}

/** Not protobuf: never leaves this file. */
class MalformedError extends Error {}

async function walk(
  bytes: ByteWindow,
  message: Message,
  start: number,
  end: number,
  found: Set<string>,
): Promise<void> {
  const leads: Partial<Record<number, Message>> = LEADS_TO[message]
  let isLocation = false
  let position = start
  while (position < end) {
    const [tag, afterTag] = await bytes.varint(position)
    const field = Math.floor(tag / 8)
    if (tag % 8 !== LENGTH_DELIMITED) {
      position = await skip(bytes, tag % 8, afterTag)
      continue
    }
    const [length, from] = await bytes.varint(afterTag)
    position = from + length
    if (position > end) throw new MalformedError(`it should have ${position - end} more bytes`)
    const next = leads[field]
    if (next !== undefined) await walk(bytes, next, from, position, found)
    else if (message === 'entry' && field === 1) isLocation = (await bytes.text(from, length)) === 'location'
    else if (message === 'entry' && field === 2 && isLocation) found.add(await bytes.text(from, length))
  }
  if (position !== end) throw new MalformedError('a field runs past its message')
}

async function skip(bytes: ByteWindow, wireType: number, position: number): Promise<number> {
  if (wireType === 0) return (await bytes.varint(position))[1]
  if (wireType === 1) return position + 8
  if (wireType === 5) return position + 4
  throw new MalformedError(`wire type ${wireType} at byte ${position}`)
}

async function refusePointer(path: string, bytes: ByteWindow, size: number): Promise<void> {
  const start = await bytes.text(0, Math.min(size, 40))
  if (size === 0) throw new MalformedError('it is empty')
  if (!start.startsWith('version https://git-lfs')) return
  throw new LinguluError('MODEL_INVALID', `${path} is a Git LFS pointer, not the model itself.`, {
    hint: 'Run `git lfs pull` in that repository, or fetch the model with `lingulu models pull`.',
  })
}

/** Reads a file at any place through one buffer. */
class ByteWindow {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES)
  #start = 0
  #length = 0

  constructor(
    readonly file: FileHandle,
    readonly size: number,
  ) {}

  /** A base-128 integer and the position after it. Exact up to 2^53. */
  async varint(position: number): Promise<readonly [value: number, after: number]> {
    await this.#hold(position, Math.min(10, this.size - position))
    let value = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.#buffer[position - this.#start + index]
      if (byte === undefined || position + index >= this.size) break
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return [value, position + index + 1]
    }
    throw new MalformedError(`it ends at byte ${this.size} within a number`)
  }

  async text(position: number, length: number): Promise<string> {
    if (length > BUFFER_BYTES) throw new MalformedError('a name is too long')
    await this.#hold(position, length)
    return this.#buffer.toString('utf8', position - this.#start, position - this.#start + length)
  }

  async #hold(position: number, length: number): Promise<void> {
    if (position >= this.#start && position + length <= this.#start + this.#length) return
    const {bytesRead} = await this.file.read(this.#buffer, 0, BUFFER_BYTES, position)
    this.#start = position
    this.#length = bytesRead
    if (bytesRead < length) throw new MalformedError(`it ends at byte ${position + bytesRead}`)
  }
}
