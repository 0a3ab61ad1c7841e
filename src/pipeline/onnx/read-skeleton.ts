import type {FileHandle} from 'node:fs/promises'
import {ByteWindow, MalformedError} from './byte-window.js'

/** An ONNX file without its weights. */
export interface Skeleton {
  /** The message; a tensor whose bytes were cut out names their key as the place of external data. */
  readonly bytes: Uint8Array
  /** Where in the file the bytes of a key stand. */
  readonly cut: ReadonlyMap<string, {readonly offset: number; readonly length: number}>
}

/** The messages of onnx.proto on the way to weights, and the fields of each that lead on. */
const LEADS_TO = {
  model: {7: 'graph', 25: 'function'},
  function: {7: 'node'},
  graph: {1: 'node', 5: 'tensor'},
  node: {5: 'attribute'},
  attribute: {5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph'},
  tensor: {},
} as const satisfies Record<string, Record<number, string>>
type Message = keyof typeof LEADS_TO

const LENGTH_DELIMITED = 2
const TENSOR_RAW_DATA = 9
/** `external_data`, an entry of a key and a value, and `data_location`, which says that it counts. */
const TAGS = {externalData: 0x6a, key: 0x0a, value: 0x12, dataLocation: 0x70} as const

/**
 * Reads an ONNX file but for the bytes of tensors that have at least `leastBytes` of them.
 *
 * @throws MalformedError
 */
export async function readSkeleton(file: FileHandle, size: number, leastBytes: number): Promise<Skeleton> {
  const cutter = new Cutter(new ByteWindow(file, size), leastBytes)
  const pieces = await cutter.cutFrom('model', 0, size)
  return {bytes: await join(file, pieces), cut: cutter.cut}
}

/** Bytes of the file, from and to, or other ones. */
type Piece = readonly [from: number, to: number] | Uint8Array

class Cutter {
  readonly cut = new Map<string, {readonly offset: number; readonly length: number}>()
  readonly #bytes: ByteWindow
  readonly #leastBytes: number

  constructor(bytes: ByteWindow, leastBytes: number) {
    this.#bytes = bytes
    this.#leastBytes = leastBytes
  }

  async cutFrom(message: Message, start: number, end: number): Promise<readonly Piece[]> {
    const leads: Partial<Record<number, Message>> = LEADS_TO[message]
    const pieces: Piece[] = []
    /** From here on nothing is in `pieces` yet. */
    let copied = start
    let position = start
    let pointer: Uint8Array = new Uint8Array(0)
    while (position < end) {
      const [tag, afterTag] = await this.#bytes.varint(position)
      const [length, from] = await this.#fieldLength(tag % 8, afterTag)
      const field = Math.floor(tag / 8)
      if (from + length > end) throw new MalformedError(`it should have ${from + length - end} more bytes`)
      const next = tag % 8 === LENGTH_DELIMITED && length >= this.#leastBytes ? leads[field] : undefined
      const isData = message === 'tensor' && field === TENSOR_RAW_DATA && length >= this.#leastBytes
      if (next !== undefined) {
        const inner = await this.cutFrom(next, from, from + length)
        const innerBytes = inner.reduce((sum, piece) => sum + bytesIn(piece), 0)
        pieces.push([copied, position], Uint8Array.from([...varint(tag), ...varint(innerBytes)]), ...inner)
        copied = from + length
      } else if (isData) {
        pieces.push([copied, position])
        // At the end of its message: a `data_location` that is written out would win over an earlier one.
        pointer = this.#pointer(from, length)
        copied = from + length
      }
      position = from + length
    }
    return [...pieces, [copied, end], pointer]
  }

  /** How many bytes a field has, and where they begin. */
  async #fieldLength(wireType: number, position: number): Promise<readonly [length: number, from: number]> {
    if (wireType === LENGTH_DELIMITED) return await this.#bytes.varint(position)
    if (wireType === 0) return [0, (await this.#bytes.varint(position))[1]]
    if (wireType === 1) return [8, position]
    if (wireType === 5) return [4, position]
    throw new MalformedError(`wire type ${wireType} at byte ${position}`)
  }

  #pointer(offset: number, length: number): Uint8Array {
    const key = `inline:${offset}:${length}`
    this.cut.set(key, {offset, length})
    const entry = [TAGS.key, ...text('location'), TAGS.value, ...text(key)]
    return Uint8Array.from([TAGS.externalData, ...varint(entry.length), ...entry, TAGS.dataLocation, 1])
  }
}

const text = (value: string): number[] => [...varint(value.length), ...Buffer.from(value, 'latin1')]

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return [...bytes, rest]
}

const bytesIn = (piece: Piece): number => (piece instanceof Uint8Array ? piece.byteLength : piece[1] - piece[0])

async function join(file: FileHandle, pieces: readonly Piece[]): Promise<Uint8Array> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + bytesIn(piece), 0))
  let position = 0
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) joined.set(piece, position)
    else await fill(file, joined.subarray(position, position + bytesIn(piece)), piece[0])
    position += bytesIn(piece)
  }
  return joined
}

async function fill(file: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  let done = 0
  while (done < target.byteLength) {
    const {bytesRead} = await file.read(target, done, target.byteLength - done, offset + done)
    if (bytesRead === 0) throw new MalformedError('it became shorter while it was read')
    done += bytesRead
  }
}
