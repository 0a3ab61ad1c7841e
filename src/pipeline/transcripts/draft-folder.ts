import {mkdir, rename, rm} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {removeStaleTemporaries, syncFolder, temporaryPath} from './atomic-write.js'
import {makeFolder} from './make-folder.js'
import {outputError} from './output-error.js'
import {ownIdentity} from './process-identity.js'
import {refuseExisting} from './refuse-existing.js'

/**
 * Makes a folder that appears whole or not at all: `fill` writes into a draft beside the target, which gets its name
 * when all of it is there. Drafts that killed runs left in the same place are removed first; folders above the target
 * that are missing are made.
 *
 * @returns what `fill` returns
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; what `fill` throws; the signal's reason. Nothing stays then.
 */
export async function writeFolder<Result>(
  target: string,
  fill: (draft: string) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const path = resolve(target)
  signal?.throwIfAborted()
  await refuseExisting(path)
  const parent = dirname(path)
  const draft = temporaryPath(path, await ownIdentity())
  try {
    await makeFolder(parent)
    await removeStaleTemporaries([parent])
    await mkdir(draft)
    const result = await fill(draft)
    signal?.throwIfAborted()
    await nameFolder(draft, path)
    return result
  } catch (error) {
    throw outputError(path, error)
  } finally {
    await rm(draft, {recursive: true, force: true}).catch(() => undefined)
  }
}

/**
 * A folder for what is only needed on the way to `target`, on the same disk; removed at the end, also if the process is
 * killed: then by the next run that writes there.
 *
 * @throws LinguluError OUTPUT_FAILED; what `use` throws
 */
export async function withScratchFolder<Result>(
  target: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const path = resolve(target)
  const scratch = temporaryPath(path, await ownIdentity())
  try {
    await makeFolder(dirname(path))
    await removeStaleTemporaries([dirname(path)])
    await mkdir(scratch)
    return await use(scratch)
  } catch (error) {
    throw outputError(path, error)
  } finally {
    await rm(scratch, {recursive: true, force: true}).catch(() => undefined)
  }
}

/**
 * Gives a whole folder its name.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function nameFolder(draft: string, target: string): Promise<void> {
  const path = resolve(target)
  await refuseExisting(path)
  try {
    await rename(draft, path)
  } catch (error) {
    throw outputError(path, error)
  }
  await syncFolder(dirname(path))
}
