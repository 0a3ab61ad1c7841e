import {throwIfInterrupted} from '../../download/retrying.js'
import {LinguluError} from '../../errors.js'
import {DATASET_TERMS} from '../dataset-terms.js'
import {ArchiveError, type ArchiveMember, type ExtractionLimits} from './archive-member.js'
import {readTar} from './read-tar.js'
import {readZip} from './read-zip.js'
import {createMemberWriter, type Extracted} from './write-member.js'

const ARCHIVES = {
  tar: (path, limits) => readTar(path, 'none', limits),
  'tar.gz': (path, limits) => readTar(path, 'gzip', limits),
  'tar.bz2': (path, limits) => readTar(path, 'bzip2', limits),
  zip: path => readZip(path),
} as const satisfies Record<string, (path: string, limits: ExtractionLimits) => AsyncGenerator<ArchiveMember>>

export type ArchiveKind = keyof typeof ARCHIVES

export interface ExtractOptions {
  readonly kind: ArchiveKind
  /** An empty folder, or one that will be made: whoever else may write there can have files written elsewhere. */
  readonly folder: string
  readonly limits: ExtractionLimits
  readonly signal?: AbortSignal | undefined
}

export interface ExtractEvent {
  readonly type: 'extract'
  readonly files: number
  readonly bytes: number
}

const EVENT_INTERVAL_MS = 100

/**
 * Unpacks an archive. Nothing is written outside the folder, no link and no device is made, no permission is taken over,
 * and no file is written twice. What was unpacked before it failed stays there: the folder is the caller's to remove.
 *
 * @throws {LinguluError} the data sets' `failed` for an archive that is damaged, too large, or reaches outside;
 *   INTERRUPTED. Errors of the file system come as they are.
 */
export async function* extractArchive(
  path: string,
  {kind, folder, limits, signal}: ExtractOptions,
): AsyncGenerator<ExtractEvent, Extracted> {
  const writer = createMemberWriter(folder, limits, signal)
  let reportedAt = performance.now()
  const report = (): ExtractEvent => {
    const {files, bytes} = writer.extracted()
    return {type: 'extract', files, bytes}
  }
  try {
    for await (const member of ARCHIVES[kind](path, limits)) {
      throwIfInterrupted(signal)
      await writer.write(member)
      if (performance.now() - reportedAt < EVENT_INTERVAL_MS) continue
      reportedAt = performance.now()
      yield report()
    }
  } catch (error) {
    throw refusal(path, error)
  }
  yield report()
  return writer.extracted()
}

/** An error of the file system keeps its code; everything else says that the archive is not what it should be. */
function refusal(path: string, error: unknown): unknown {
  if (error instanceof LinguluError || !(error instanceof Error) || error instanceof TypeError) return error
  if ('syscall' in error) return error
  const reason = error instanceof ArchiveError ? error.message : `it is damaged (${error.message})`
  return new LinguluError(DATASET_TERMS.failed, `${path} cannot be unpacked: ${reason}.`, {
    cause: error,
    hint: DATASET_TERMS.hints.archive,
  })
}
