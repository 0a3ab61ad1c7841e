import {type FileHandle, open} from 'node:fs/promises'
import {outputError} from './output-error.js'

/** A file that grows by whole pieces, each on the disk before its call returns. */
export interface AppendedFile {
  append(text: string): Promise<void>
  close(): Promise<void>
}

/**
 * @param wholeBytes what stands after them is cut off first
 * @throws LinguluError OUTPUT_FAILED, here and from every method
 */
export async function openForAppending(path: string, wholeBytes: number | undefined): Promise<AppendedFile> {
  const file = await openFile(path)
  let size = wholeBytes ?? (await file.stat()).size
  await file.truncate(size)
  let last: Promise<unknown> = Promise.resolve()

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      await writeAll(file, bytes, size)
      await file.datasync()
      size += bytes.length
    } catch (error) {
      // Half a line would spoil the next one.
      await file.truncate(size).catch(() => undefined)
      throw outputError(path, error)
    }
  }
  return {
    append(text) {
      const appended = last.then(() => append(text))
      last = appended.catch(() => undefined)
      return appended
    },
    close: () => last.then(() => file.close()),
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    throw outputError(path, error)
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const {bytesWritten} = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
