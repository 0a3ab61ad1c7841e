import {createWriteStream} from 'node:fs'
import {rename, rm, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'
import {LinguluError} from '../errors.js'
import {syncFolder, temporaryPath} from '../transcripts/atomic-write.js'
import {makeFolder} from '../transcripts/make-folder.js'
import {outputError} from '../transcripts/output-error.js'
import {ownIdentity} from '../transcripts/process-identity.js'

const FORMATS = ['arpa', 'arpa.gz', 'bin'] as const
export type ModelFormat = (typeof FORMATS)[number]

/** @throws LinguluError USAGE where the file's name does not say what it is to be */
export function modelFormatOf(path: string): ModelFormat {
  const format = FORMATS.find(ending => path.toLowerCase().endsWith(`.${ending}`))
  if (format !== undefined) return format
  throw new LinguluError('USAGE', `${path}: no kind of language model is named so.`, {
    hint: 'Give a name in .arpa, .arpa.gz or .bin.',
  })
}

/**
 * Writes a file so that it is there whole or not at all.
 *
 * @returns its bytes
 * @throws LinguluError OUTPUT_FAILED; the signal's reason. Nothing half-written stays.
 */
export async function writeModelFile(
  path: string,
  pieces: Iterable<string | Uint8Array>,
  {gzip, signal}: {readonly gzip: boolean; readonly signal?: AbortSignal | undefined},
): Promise<number> {
  const draft = temporaryPath(path, await ownIdentity())
  try {
    await makeFolder(dirname(path))
    const source = Readable.from(pieces)
    const file = createWriteStream(draft, {flags: 'wx', flush: true})
    if (gzip) await pipeline(source, createGzip(), file, {signal})
    else await pipeline(source, file, {signal})
    const {size} = await stat(draft)
    await rename(draft, path)
    await syncFolder(dirname(path))
    return size
  } catch (error) {
    await rm(draft, {force: true}).catch(() => undefined)
    signal?.throwIfAborted()
    throw outputError(path, error)
  }
}
