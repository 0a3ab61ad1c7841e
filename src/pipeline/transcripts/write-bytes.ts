import {open, rename, rm} from 'node:fs/promises'
import {temporaryPath} from './atomic-write.js'
import {outputError} from './output-error.js'
import {ownIdentity} from './process-identity.js'

/**
 * Writes a file so that it is there whole or not at all. Its folder is there.
 *
 * @throws LinguluError OUTPUT_FAILED
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const draft = temporaryPath(path, await ownIdentity())
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, {force: true}).catch(() => undefined)
    throw outputError(path, error)
  }
}
