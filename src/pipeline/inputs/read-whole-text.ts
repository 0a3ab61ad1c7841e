import {LinguluError} from '../errors.js'
import {EncodingError, readText} from './read-text.js'

/**
 * A whole text file, UTF-8 or UTF-16 with its mark.
 *
 * @throws {LinguluError} MANIFEST_INVALID where it is not there, cannot be read, or is no text
 */
export async function readWholeText(path: string, signal?: AbortSignal): Promise<string> {
  const pieces: string[] = []
  try {
    for await (const piece of readText(path, signal)) pieces.push(piece)
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof EncodingError)
      throw new LinguluError('MANIFEST_INVALID', `${path}: line ${cause.line}: not UTF-8 text from here on`, {cause})
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    throw new LinguluError('MANIFEST_INVALID', `${path}: cannot be read (${String(cause.code)})`, {cause})
  }
  return pieces.join('')
}
