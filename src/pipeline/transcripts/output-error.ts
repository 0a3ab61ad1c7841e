import {LinguluError} from '../errors.js'

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, then try again.',
  EDQUOT: 'Your disk quota is used up: free some space, then try again.',
  EROFS: 'The file system is read-only: choose another folder.',
  EACCES: 'You may not write there: choose another folder or change its permissions.',
  EPERM: 'You may not write there: choose another folder or change its permissions.',
  ENAMETOOLONG: 'The file system takes no name that long: rename the input, or name it by an id in a manifest.',
  ENOTDIR: 'A part of that path is a file, not a folder: choose another folder.',
  EISDIR: 'A folder has that name: rename it, or choose another folder.',
  EEXIST: 'A file stands where a folder is needed: choose another folder.',
  EMFILE: 'Too many open files: raise the limit with `ulimit -n`.',
  EIO: 'The disk reports an error: check it, or choose another folder.',
}

/** The error for an output that could not be written. What is a `LinguluError` already, or no error of the system, stays. */
export function outputError(path: string, cause: unknown): unknown {
  if (cause instanceof LinguluError || !(cause instanceof Error) || !('code' in cause)) return cause
  // The reason of an abort has a number.
  if (typeof cause.code !== 'string') return cause
  const hint = HINTS[cause.code]
  return new LinguluError('OUTPUT_FAILED', `${path}: cannot be written (${cause.code})`, {cause, hint})
}
