import {type FileHandle, open} from 'node:fs/promises'
import {LinguluError} from '../../errors.js'
import {outputError} from '../../transcripts/output-error.js'

/** A file that grows by whole pieces, in the order of the calls. */
export interface GrowingFile {
  /** When it returns, a kill of the process no longer loses the piece; a crash of the machine may, before {@link sync}. */
  append(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * @param wholeBytes of a file that is there: what stands after them is cut off. Without it the file must be new.
 * @throws {LinguluError} OUTPUT_EXISTS, OUTPUT_FAILED; the latter from every method too.
 */
export async function openGrowingFile(path: string, wholeBytes: number | undefined): Promise<GrowingFile> {
  const file = await openFile(path, wholeBytes === undefined ? 'wx' : 'r+')
  let size = wholeBytes ?? 0
  await file.truncate(size)
  let last: Promise<unknown> = Promise.resolve()

  function queue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = last.then(work).catch(error => {
      throw outputError(path, error)
    })
    last = done.catch(() => undefined)
    return done
  }

  async function append(bytes: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const {bytesWritten} = await file.write(bytes, written, bytes.length - written, size + written)
        written += bytesWritten
      }
      size += bytes.length
    } catch (error) {
      // Half a piece would spoil the next one.
      await file.truncate(size).catch(() => undefined)
      throw error
    }
  }
  return {
    append: bytes => queue(() => append(bytes)),
    sync: () => queue(() => file.datasync()),
    close: () => queue(() => file.close()),
  }
}

async function openFile(path: string, mode: 'wx' | 'r+'): Promise<FileHandle> {
  try {
    return await open(path, mode)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new LinguluError('OUTPUT_EXISTS', `${path} is there already`, {
        cause,
        hint: 'Resume the run that wrote it, or choose another output folder.',
      })
    }
    throw outputError(path, cause)
  }
}
