import {type FileHandle, open} from 'node:fs/promises'
import {pipeline} from 'node:stream/promises'
import {createGunzip} from 'node:zlib'
import {readArpa} from '../../decoding/ctc/arpa.js'
import {Lexicon} from '../../decoding/ctc/lexicon.js'
import type {NgramModel} from '../../decoding/ctc/ngram-model.js'
import {LinguluError} from '../../errors.js'

const READ_BYTES = 1 << 20
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b)
const KENLM_MAGIC = Buffer.from('mmap lm http://kheafield.com/code')

/**
 * Reads an n-gram language model from an ARPA file, plain or gzipped (by content).
 *
 * @throws LinguluError MODEL_MISSING where the file cannot be read, MODEL_INVALID where it is no such model
 */
export async function openLanguageModel(
  path: string,
): Promise<{readonly ngrams: NgramModel; readonly lexicon: Lexicon}> {
  try {
    const ngrams = await readModel(path)
    return {ngrams, lexicon: new Lexicon(ngrams.words)}
  } catch (cause) {
    throw toLinguluError(cause, path)
  }
}

async function readModel(path: string): Promise<NgramModel> {
  await using file = await open(path)
  const start = await firstBytes(file)
  if (start.equals(KENLM_MAGIC)) throw binaryModel(path)
  const bytes = file.createReadStream({start: 0, highWaterMark: READ_BYTES})
  const read = (chunks: AsyncIterable<Uint8Array>) => readArpa(chunks, path)
  if (!start.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return await pipeline(bytes, read)
  return await pipeline(bytes, createGunzip({chunkSize: READ_BYTES}), read)
}

async function firstBytes(file: FileHandle): Promise<Buffer> {
  const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(KENLM_MAGIC.length), position: 0})
  return buffer.subarray(0, bytesRead)
}

function binaryModel(path: string): LinguluError {
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
    hint: 'Give the path of an ARPA file, plain or gzipped.',
  })
}
