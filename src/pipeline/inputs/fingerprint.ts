import {stat} from 'node:fs/promises'
import {digestFile} from '../download/digest-file.js'
import {inputError} from './stat-input.js'

/** What an input file was when it was read. */
export interface Fingerprint {
  readonly bytes: number
  readonly modifiedMilliseconds: number
  readonly sha256: string
}

/**
 * Reads the whole file. Take it before decoding: a file that changes meanwhile is then found to be another afterwards.
 * Undefined for stdin, pipes and devices: what was read here would be missing there.
 * @throws {LinguluError} INPUT_MISSING, AUDIO_UNREADABLE
 */
export async function fingerprintInput(path: string): Promise<Fingerprint | undefined> {
  if (path === '-') return undefined
  try {
    const found = await stat(path)
    if (!found.isFile()) return undefined
    return {bytes: found.size, modifiedMilliseconds: found.mtimeMs, sha256: await digestFile(path, 'sha256')}
  } catch (cause) {
    throw inputError(path, cause)
  }
}

/** Whether the file still has the content it had. It is read only if it was touched since, or lies elsewhere now. */
export async function isUnchanged(path: string, known: Fingerprint): Promise<boolean> {
  try {
    const {size, mtimeMs} = await stat(path)
    if (size !== known.bytes) return false
    return mtimeMs === known.modifiedMilliseconds || (await digestFile(path, 'sha256')) === known.sha256
  } catch {
    return false
  }
}
