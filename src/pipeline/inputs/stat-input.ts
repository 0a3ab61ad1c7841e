import {promises as fs, type Stats} from 'node:fs'
import {LinguluError} from '../errors.js'

/** What stands at the path, or why it cannot be read (INPUT_MISSING, AUDIO_UNREADABLE). */
export async function statInput(path: string): Promise<Stats | LinguluError> {
  try {
    return await fs.stat(path)
  } catch (cause) {
    return inputError(path, cause)
  }
}

export function inputError(path: string, cause: unknown): LinguluError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new LinguluError('INPUT_MISSING', `${path}: no such file or folder`, {cause})
  return new LinguluError('AUDIO_UNREADABLE', `${path}: cannot be read (${code})`, {cause})
}
