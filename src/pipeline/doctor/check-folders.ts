import {opendir, stat, statfs} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {cacheRoot, huggingFaceCache} from '../models/cache-root.js'

export interface FolderReport {
  readonly name: 'lingulu cache' | 'Hugging Face cache' | 'temporary files'
  readonly path: string
  readonly exists: boolean
  /** What lies in it; undefined for temporary files, which are everybody's. */
  readonly usedBytes?: number | undefined
  readonly freeBytes: number
  readonly doubt?: string | undefined
}

/** Spool files of a ten-hour recording need 1.2 GB, and a large model 3 GB. */
const LITTLE_BYTES = 4 * 1024 ** 3

/** The folders that lingulu writes to or reads models from. */
export async function checkFolders(env: NodeJS.ProcessEnv): Promise<FolderReport[]> {
  return await Promise.all([
    checkFolder('lingulu cache', cacheRoot(env), true),
    checkFolder('Hugging Face cache', huggingFaceCache(env), true),
    checkFolder('temporary files', tmpdir(), false),
  ])
}

async function checkFolder(name: FolderReport['name'], path: string, measured: boolean): Promise<FolderReport> {
  const exists = await stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
  const freeBytes = await freeSpace(path)
  const doubt = freeBytes < LITTLE_BYTES && name !== 'Hugging Face cache' ? 'little room is left' : undefined
  return {name, path, exists, freeBytes, doubt, ...(exists && measured ? {usedBytes: await folderBytes(path)} : {})}
}

/** Of the disk that the folder is on or would be made on. */
async function freeSpace(path: string): Promise<number> {
  try {
    const {bavail, bsize} = await statfs(path)
    return bavail * bsize
  } catch {
    return path === dirname(path) ? 0 : await freeSpace(dirname(path))
  }
}

/** Links are not followed: Hugging Face's cache has each file once and links to it. */
async function folderBytes(path: string): Promise<number> {
  let bytes = 0
  try {
    for await (const entry of await opendir(path, {recursive: true})) {
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
    }
  } catch {
    // A folder that may not be read, or that changes under our feet: the sum so far is the answer.
  }
  return bytes
}
