import {crc32} from 'node:zlib'
import {LinguluError} from '../errors.js'

/**
 * `lingulu-lm`, a compact binary form of n-gram models, little-endian:
 *
 * | bytes | what |
 * | --- | --- |
 * | 16 | `lingulu-lm 1` and zeros |
 * | 4 | order N |
 * | 4 | bits of a quantized value; 0: floats of 32 bits |
 * | 4 | bytes of the vocabulary |
 * | 8 N | for each order: n-grams, and bytes of its section |
 * | 4 | CRC-32 of everything behind the header |
 * | 4 | CRC-32 of the header up to here |
 * | … | vocabulary: words and line feeds, deflated (raw); `<unk>`, `<s>` and `</s>` are the first |
 * | … | the sections (binary-sections.ts) |
 */
export interface BinaryHeader {
  readonly bits: number
  readonly vocabularyBytes: number
  readonly levels: readonly {readonly ngrams: number; readonly bytes: number}[]
  /** CRC-32 of what follows. */
  readonly checksum: number
}

/** What every version begins with. */
export const BINARY_MAGIC = Buffer.from('lingulu-lm ')
const MAGIC = Buffer.alloc(16)
MAGIC.write('lingulu-lm 1')

const HIGHEST_ORDER = 20
export const HIGHEST_BITS = 12

export function writeHeader({bits, vocabularyBytes, levels, checksum}: BinaryHeader): Uint8Array {
  const numbers = [
    levels.length,
    bits,
    vocabularyBytes,
    ...levels.flatMap(({ngrams, bytes}) => [ngrams, bytes]),
    checksum,
  ]
  const header = Buffer.alloc(MAGIC.length + 4 * numbers.length + 4)
  MAGIC.copy(header)
  for (const [index, number] of numbers.entries()) header.writeUInt32LE(number, MAGIC.length + 4 * index)
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4)
  return header
}

/**
 * @param file the whole file
 * @returns the header, and what follows it
 * @throws LinguluError MODEL_INVALID where it is no such file, or not as it was written
 */
export function readHeader(file: Uint8Array, name: string): {readonly header: BinaryHeader; readonly payload: Buffer} {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (!bytes.subarray(0, BINARY_MAGIC.length).equals(BINARY_MAGIC)) throw invalid(name, 'is no lingulu language model')
  if (bytes.length < MAGIC.length + 4) throw damaged(name, 'its header is cut short')
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw invalid(name, 'is of a version that is not known', 'Update lingulu, or make the model again.')
  const order = bytes.readUInt32LE(MAGIC.length)
  if (order < 1 || order > HIGHEST_ORDER) throw damaged(name, `its order would be ${order}`)
  const length = MAGIC.length + 4 * (3 + 2 * order + 2)
  if (bytes.length < length) throw damaged(name, 'its header is cut short')
  const number = (index: number) => bytes.readUInt32LE(MAGIC.length + 4 * index)
  if (number(4 + 2 * order) !== crc32(bytes.subarray(0, length - 4)))
    throw damaged(name, 'its header has a wrong checksum')
  const header: BinaryHeader = {
    bits: number(1),
    vocabularyBytes: number(2),
    levels: Array.from({length: order}, (_, level) => ({ngrams: number(3 + 2 * level), bytes: number(4 + 2 * level)})),
    checksum: number(3 + 2 * order),
  }
  const payload = bytes.subarray(length)
  const announced = header.levels.reduce((sum, level) => sum + level.bytes, header.vocabularyBytes)
  if (announced !== payload.length)
    throw damaged(name, `${announced} bytes should follow the header, there are ${payload.length}`)
  if (crc32(payload) !== header.checksum) throw damaged(name, 'it has a wrong checksum')
  if (header.bits > HIGHEST_BITS) throw damaged(name, `its values would have ${header.bits} bits`)
  return {header, payload}
}

export function damaged(name: string, what: string): LinguluError {
  return invalid(name, `is damaged: ${what}`)
}

function invalid(name: string, what: string, hint = 'Copy the file again, or make it with lingulu lm.'): LinguluError {
  return new LinguluError('MODEL_INVALID', `${name} ${what}`, {hint})
}
