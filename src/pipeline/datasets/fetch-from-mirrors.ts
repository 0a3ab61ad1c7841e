import type {DownloadContext} from '../download/download-context.js'
import {type DownloadEvent, downloadFile} from '../download/download-file.js'
import {throwIfInterrupted} from '../download/retrying.js'
import {LinguluError} from '../errors.js'
import {type DatasetFile, digestOf} from './catalog.js'

export type MirrorEvent =
  | DownloadEvent
  /** An address failed for good; the next one is tried. */
  | {readonly type: 'mirror'; readonly path: string; readonly reason: string; readonly host: string}

/** No file of the catalogue whose size is not published is larger. */
const MAXIMUM_UNPUBLISHED_BYTES = 8e9

/**
 * Fetches a file from the first of its addresses that has it.
 *
 * @returns the address it came from
 * @throws {LinguluError} what the last address threw, if none has it; INTERRUPTED
 */
export async function* fetchFromMirrors(
  file: DatasetFile,
  target: string,
  context: DownloadContext,
): AsyncGenerator<MirrorEvent, string> {
  const remote = {
    path: file.path,
    bytes: file.bytes ?? undefined,
    maximumBytes: MAXIMUM_UNPUBLISHED_BYTES,
    digest: digestOf(file),
  }
  for (const [index, url] of file.urls.entries()) {
    try {
      yield* downloadFile(remote, new URL(url), target, context)
      return url
    } catch (error) {
      throwIfInterrupted(context.signal)
      const next = file.urls[index + 1]
      if (!(error instanceof LinguluError) || error.code === 'INTERRUPTED' || next === undefined) throw error
      yield {type: 'mirror', path: file.path, reason: error.message, host: new URL(next).host}
    }
  }
  throw new Error('a file of the catalogue has an address')
}
