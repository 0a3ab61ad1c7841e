import {link, readdir, readFile, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {z} from 'zod'
import {temporaryPath} from './atomic-write.js'
import {digest} from './digest.js'
import {isAlive, ownIdentity, type ProcessIdentity} from './process-identity.js'

/** A file that keeps other processes away for as long as it is there and its holder lives. */
export interface ProcessLock {
  release(): Promise<void>
}

/** What a lock file says; no two ever say the same. */
const Holder = z.object({
  pid: z.int().positive(),
  started: z.string(),
  host: z.string(),
  since: z.string(),
  lock: z.string(),
})
export type Holder = z.infer<typeof Holder>

/** What stands after a lock's name in those of its removals, of the removals of those, and so on. */
const REMOVAL = /^(?:\.[0-9a-f]{16})+$/

const HEARTBEAT_MILLISECONDS = 15_000
/** A lock of another machine (or container) whose heart has not beaten for so long was left by a killed run. */
const SILENCE_MILLISECONDS = 8 * HEARTBEAT_MILLISECONDS
/** Only where there are no hard links: from making the file to writing who holds it. */
const UNWRITTEN_MILLISECONDS = 5000
const POLL_MILLISECONDS = 20

/**
 * Takes a lock, or says who holds it. The lock of a process that was killed is taken over. Errors of the file system
 * come as they are.
 * @param path of the lock file, in a folder that is there
 */
export async function tryLock(path: string): Promise<ProcessLock | Holder> {
  const identity = await ownIdentity()
  const own = JSON.stringify({...identity, since: new Date().toISOString(), lock: crypto.randomUUID()})
  const holder = await acquire(path, own, identity)
  if (holder !== undefined) return holder
  await clearRemovals(path)
  const heart = setInterval(() => beat(path), HEARTBEAT_MILLISECONDS)
  heart.unref()
  return {
    async release() {
      clearInterval(heart)
      if ((await read(path)) === own) await rm(path, {force: true})
    },
  }
}

function beat(path: string): void {
  const now = new Date()
  utimes(path, now, now).catch(() => undefined)
}

/** Makes the lock file; gives its holder instead if that one lives. */
async function acquire(path: string, own: string, identity: ProcessIdentity): Promise<Holder | undefined> {
  while (!(await create(path, own, identity))) {
    const content = await read(path)
    const silence = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0)
    if (content === undefined) continue
    const holder = parseHolder(content)
    if (holder === undefined && silence < UNWRITTEN_MILLISECONDS) await sleep(POLL_MILLISECONDS)
    else if (holder !== undefined && ((await isAlive(holder)) ?? silence < SILENCE_MILLISECONDS)) return holder
    else await removeStale(path, content, own, identity)
  }
  return undefined
}

/**
 * Several may find the same stale lock, and the slower must not remove what the quicker has put in its place. So a stale
 * lock is removed by him only who holds the lock of its removal. He who dies holding that leaves a stale lock in turn.
 */
async function removeStale(path: string, content: string, own: string, identity: ProcessIdentity): Promise<void> {
  const removal = `${path}.${digest(content).slice(0, 16)}`
  if ((await acquire(removal, own, identity)) !== undefined) {
    await sleep(POLL_MILLISECONDS)
    return
  }
  if ((await read(path)) === content) await rm(path, {force: true})
  await rm(removal, {force: true})
}

/**
 * He who was killed after he had removed a stale lock left the lock of its removal, which nobody will look at again: no
 * two locks say the same, so no other removal has its name.
 */
async function clearRemovals(lock: string): Promise<void> {
  const own = basename(lock)
  for (const name of await readdir(dirname(lock)).catch(() => [])) {
    if (!name.startsWith(own) || !REMOVAL.test(name.slice(own.length))) continue
    const path = join(dirname(lock), name)
    const holder = parseHolder((await read(path)) ?? '')
    if (holder !== undefined && (await isAlive(holder)) === false) await rm(path, {force: true})
  }
}

/** The file appears with its content, at once, and only if there is none. */
async function create(path: string, content: string, identity: ProcessIdentity): Promise<boolean> {
  const draft = temporaryPath(path, identity)
  try {
    await writeFile(draft, content, {flag: 'wx'})
    await link(draft, path).catch(error => {
      if (hasCode(error, 'EEXIST')) throw error
      // No hard links here (exFAT, some network shares).
      return writeFile(path, content, {flag: 'wx'})
    })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, {force: true}).catch(() => undefined)
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)

function parseHolder(content: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(content))
  } catch {
    return undefined
  }
}
