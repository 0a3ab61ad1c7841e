import {createHash} from 'node:crypto'
import {mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {digestFile} from '../download/digest-file.js'
import {cacheRoot, type Environment} from './cache-root.js'

/** A file's SHA-256 and the state of the file it was computed from. */
const HashNote = z.strictObject({path: z.string(), state: z.string(), sha256: z.string().length(64)})

/**
 * SHA-256 of a file, in hexadecimal. Remembered in the cache for as long as the file's size, inode and times stay, so
 * that gigabytes are not read again at every start. A cache that cannot be written is no error.
 */
export async function hashFile(path: string, env: Environment = process.env): Promise<string> {
  const state = await fileState(path)
  const known = await recall(path, env)
  if (known?.path === path && known.state === state) return known.sha256
  const sha256 = await digestFile(path, 'sha256')
  if ((await fileState(path)) === state) await remember({path, state, sha256}, env)
  return sha256
}

/** Notes a hash that is known already, as after a verified download. */
export async function rememberHash(path: string, sha256: string, env: Environment = process.env): Promise<void> {
  await remember({path, state: await fileState(path), sha256}, env)
}

async function fileState(path: string): Promise<string> {
  const {size, ino, mtimeNs, ctimeNs} = await stat(path, {bigint: true})
  return [size, ino, mtimeNs, ctimeNs].join(' ')
}

async function recall(path: string, env: Environment) {
  try {
    return HashNote.parse(JSON.parse(await readFile(notePath(path, env), 'utf8')))
  } catch {
    return undefined // absent or damaged: the hash is computed again
  }
}

async function remember(note: z.infer<typeof HashNote>, env: Environment): Promise<void> {
  const target = notePath(note.path, env)
  const draft = `${target}.${process.pid}`
  try {
    await mkdir(join(target, '..'), {recursive: true})
    await writeFile(draft, JSON.stringify(note))
    await rename(draft, target)
  } catch {
    await rm(draft, {force: true}).catch(() => undefined) // a read-only or full cache costs time, nothing else
  }
}

function notePath(path: string, env: Environment): string {
  return join(cacheRoot(env), 'hashes', `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`)
}
