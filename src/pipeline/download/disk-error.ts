import {LinguluError} from '../errors.js'
import type {DownloadTerms} from './download-context.js'

/** What the file system refuses, and what that means for the user. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOSPC: 'No space is left for',
  EDQUOT: 'The quota is used up for',
  EACCES: 'There is no permission to write',
  EPERM: 'There is no permission to write',
  EROFS: 'The file system is read-only:',
  ENOTDIR: 'A file stands in the way of',
  EEXIST: 'A file stands in the way of',
}

/** An error of the file system under `folder` as one the user can act on; undefined for any other error. */
export function diskError(error: unknown, folder: string, {failed, hints}: DownloadTerms): LinguluError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const refusal = REFUSALS[error.code]
  if (refusal === undefined) return undefined
  const path = 'path' in error && typeof error.path === 'string' ? error.path : folder
  return new LinguluError(failed, `${refusal} ${path}.`, {
    cause: error,
    hint: hints.disk,
  })
}
