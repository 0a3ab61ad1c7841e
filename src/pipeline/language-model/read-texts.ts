import {constants, createReadStream} from 'node:fs'
import {access, stat} from 'node:fs/promises'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {TextDecoder} from 'node:util'
import {createGunzip} from 'node:zlib'
import type {DatasetOptions} from '../datasets/dataset-options.js'
import {checkDataset} from '../datasets/dataset-problems.js'
import {openDataset} from '../datasets/open-dataset.js'
import {LinguluError} from '../errors.js'

/** A path, a data set's name, or bytes that come from elsewhere with a name for messages. */
export type TextSource = string | {readonly name: string; readonly bytes: AsyncIterable<Uint8Array>}

export interface ReadTextsOptions {
  /** How data sets are read. With a layout or columns given every source is one. */
  readonly reading: Pick<DatasetOptions, 'layout' | 'columns'>
  readonly signal?: AbortSignal | undefined
}

export const nameOf = (source: TextSource): string => (typeof source === 'string' ? source : source.name)

/**
 * The sentences of a text, some at a time: lines of a text file in UTF-8, plain or gzipped by content, or the texts of a
 * data set (a folder, a manifest, LibriSpeech's `.trans.txt`, a name of the catalogue), for which no recording need be
 * there.
 *
 * @throws LinguluError INPUT_MISSING where a file cannot be read; MANIFEST_INVALID for what is no text, and for data
 *   sets with rows that cannot be read; what finding a data set throws
 */
export async function* readTexts(source: TextSource, options: ReadTextsOptions): AsyncGenerator<readonly string[]> {
  if (typeof source !== 'string') yield* linesOf(source.bytes, source.name, options.signal)
  else if (await isDataset(source, options)) yield await datasetTexts(source, options)
  else yield* linesOf(createReadStream(source, {highWaterMark: 1 << 18}), source, options.signal)
}

/** Finds a text file that cannot be read before hours go by. Data sets are looked at when they are opened. @throws LinguluError INPUT_MISSING */
export async function checkText(source: TextSource): Promise<void> {
  if (typeof source !== 'string' || !TEXT_FILE.test(source)) return
  await access(source, constants.R_OK).catch((cause: unknown) => {
    throw readingError(cause, source, 0)
  })
}

/** Never the name of a data set. */
const TEXT_FILE = /\.(?:txt|text|gz)$/i
const DATASET_FILE = /\.(?:csv|tsv|jsonl?|stm|trn|parquet|trans\.txt)$/i
const PACKED_DATASET = /\.(?:csv|tsv|jsonl?|stm|trn|parquet|trans\.txt)\.gz$/i

async function isDataset(path: string, {reading: {layout = 'auto', columns}}: ReadTextsOptions): Promise<boolean> {
  // Read as a text, the names of its columns would become words.
  if (PACKED_DATASET.test(path))
    throw new LinguluError('MANIFEST_INVALID', `${path}: data sets are not read compressed`, {
      hint: 'Decompress it first, with gunzip.',
    })
  if (layout !== 'auto' || columns !== undefined || DATASET_FILE.test(path)) return true
  if (TEXT_FILE.test(path)) return false
  const found = await stat(path).catch(() => undefined)
  return found === undefined || found.isDirectory()
}

async function datasetTexts(path: string, {reading, signal}: ReadTextsOptions): Promise<string[]> {
  const dataset = await openDataset(path, {...reading, audio: 'ignored', signal})
  // A row is no worse for its text where its id comes twice.
  const problems = dataset.problems.filter(({kind}) => kind === 'unreadable-row' || kind === 'missing-reference')
  checkDataset({...dataset, problems})
  return dataset.utterances.map(({text}) => text)
}

async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8', {fatal: true})
  let rest = ''
  let lines = 0
  try {
    for await (const chunk of decompressed(bytes)) {
      signal?.throwIfAborted()
      const found = (rest + decoder.decode(chunk, {stream: true})).split('\n')
      rest = found.pop() ?? ''
      if (rest.length > LONGEST_LINE_CHARACTERS)
        throw new LinguluError('MANIFEST_INVALID', `${name}: the line has no end`)
      lines += found.length
      yield found
    }
    yield [rest + decoder.decode()]
  } catch (cause) {
    signal?.throwIfAborted()
    throw readingError(cause, name, lines)
  }
}

/** No sentence is this long; a file that is no text must not fill the memory. */
const LONGEST_LINE_CHARACTERS = 1 << 24
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b)

async function* decompressed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done === true) return
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value
    yield* {[Symbol.asyncIterator]: () => chunks}
  }
  if (!GZIP_MAGIC.equals(first.value.subarray(0, GZIP_MAGIC.length))) {
    yield* all()
    return
  }
  const gunzip = createGunzip({chunkSize: 1 << 18})
  // What fails here destroys `gunzip` with the same error, which the reader of it sees.
  void pipeline(Readable.from(all()), gunzip).catch(() => undefined)
  for await (const chunk of gunzip) yield chunk
}

function readingError(cause: unknown, name: string, lines: number): unknown {
  if (!(cause instanceof Error) || cause instanceof LinguluError || !('code' in cause)) return cause
  const code = String(cause.code)
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new LinguluError('MANIFEST_INVALID', `${name}, after line ${lines}: not UTF-8 text`, {
      cause,
      hint: 'Convert it, for example with iconv -t UTF-8.',
    })
  if (code.startsWith('Z_'))
    return new LinguluError('MANIFEST_INVALID', `${name} cannot be decompressed: ${cause.message}`, {
      cause,
      hint: 'The file is cut short or damaged: copy it again.',
    })
  if (!('syscall' in cause)) return cause
  return new LinguluError('INPUT_MISSING', `${name} cannot be read (${code}).`, {
    cause,
    hint: 'Check the path of the text.',
  })
}
