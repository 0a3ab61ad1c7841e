import {randomUUID} from 'node:crypto'
import {type FileHandle, mkdir, open, readFile, rm, stat, utimes} from 'node:fs/promises'
import {dirname} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {throwIfInterrupted} from './retrying.js'

export interface FileLock {
  release(): Promise<void>
}

const HEARTBEAT_MS = 2000
/** A lock nobody has touched for this long belongs to a process that has died. */
const STALE_MS = 15_000
const POLL_MS = 200

/**
 * Takes a lock that holds between processes: a file that exists, and whose time its owner keeps fresh. Gives one
 * `waiting` event if somebody else has it.
 */
export async function* acquireLock(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{readonly type: 'waiting'; readonly path: string}, FileLock> {
  await mkdir(dirname(path), {recursive: true})
  for (let waited = false; ; waited = true) {
    throwIfInterrupted(signal)
    const handle = await create(path)
    if (handle !== undefined) return keepFresh(handle, path)
    const age = await ageMs(path)
    if (age !== undefined && age > STALE_MS) await rm(path, {force: true})
    if (!waited) yield {type: 'waiting', path}
    await sleep(POLL_MS, undefined, {signal}).catch(() => throwIfInterrupted(signal))
  }
}

async function create(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined
    throw error
  }
}

async function keepFresh(handle: FileHandle, path: string): Promise<FileLock> {
  const owner = randomUUID()
  await handle.writeFile(owner)
  await handle.close()
  const heartbeat = setInterval(() => {
    const now = new Date()
    void utimes(path, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    release: async () => {
      clearInterval(heartbeat)
      const holder = await readFile(path, 'utf8').catch(() => undefined)
      if (holder === owner) await rm(path, {force: true}) // somebody else's, if this process slept through its heartbeat
    },
  }
}

async function ageMs(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined)
  return stats === undefined ? undefined : Date.now() - stats.mtimeMs
}
