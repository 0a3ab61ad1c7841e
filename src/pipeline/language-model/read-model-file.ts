import {access, constants, type FileHandle, open} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {LinguluError} from '../errors.js'
import {BINARY_MAGIC} from './binary-header.js'

const READ_BYTES = 1 << 20
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b)
const KENLM_MAGIC = Buffer.from('mmap lm http://kheafield.com/code')

/** What becomes of the bytes of each kind of file. */
export interface ModelReaders<Result> {
  readonly arpa: (chunks: AsyncIterable<Uint8Array>, name: string) => Promise<Result>
  readonly binary: (file: Uint8Array, name: string) => Result
}

/**
 * Reads an n-gram language model: an ARPA file, plain or gzipped, or one that `lingulu lm` wrote as `.bin`. Its content
 * says which.
 *
 * @throws LinguluError MODEL_MISSING where the file cannot be read, MODEL_INVALID where it is no such model
 */
export async function readModelFile<Result>(path: string, readers: ModelReaders<Result>): Promise<Result> {
  try {
    return await readByContent(path, readers)
  } catch (cause) {
    throw toLinguluError(cause, path)
  }
}

/** Finds a model that cannot be read before hours go by. @throws LinguluError MODEL_MISSING */
export async function checkModelFile(path: string): Promise<void> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw toLinguluError(cause, path)
  })
}

async function readByContent<Result>(path: string, {arpa, binary}: ModelReaders<Result>): Promise<Result> {
  await using file = await open(path)
  const start = await firstBytes(file)
  const begins = (magic: Buffer) => start.subarray(0, magic.length).equals(magic)
  if (begins(KENLM_MAGIC)) throw kenlmModel(path)
  if (begins(BINARY_MAGIC)) return binary(await file.readFile(), path)
  const bytes = file.createReadStream({start: 0, highWaterMark: READ_BYTES})
  const read = (chunks: AsyncIterable<Uint8Array>) => arpa(chunks, path)
  if (!begins(GZIP_MAGIC)) return await pipeline(bytes, read)
  return await pipeline(bytes, createGunzip({chunkSize: READ_BYTES}), read)
}

async function firstBytes(file: FileHandle): Promise<Buffer> {
  const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(KENLM_MAGIC.length), position: 0})
  return buffer.subarray(0, bytesRead)
}

function kenlmModel(path: string): LinguluError {
  return new LinguluError('MODEL_INVALID', `${path} is a binary KenLM model`, {
    hint: 'Give the ARPA file that it was built from.',
  })
}

function toLinguluError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error) || cause instanceof LinguluError || !('code' in cause)) return cause
  const {code} = cause
  if (typeof code !== 'string') return cause
  if (code.startsWith('Z_')) {
    return new LinguluError('MODEL_INVALID', `${path} cannot be decompressed: ${cause.message}`, {
      cause,
      hint: 'The file is cut short or damaged: copy it again.',
    })
  }
  return new LinguluError('MODEL_MISSING', `The language model ${path} cannot be read: ${cause.message}`, {
    cause,
    hint: 'Give the path of an ARPA file, plain or gzipped, or of a model that lingulu lm made.',
  })
}
