import {mkdir} from 'node:fs/promises'
import {dirname} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {type ProcessLock, tryLock} from '../transcripts/process-lock.js'
import {throwIfInterrupted} from './retrying.js'

const POLL_MS = 200

/**
 * Takes a lock that holds between processes, as soon as whoever has it lets go or has died. Gives one `waiting` event
 * if somebody else has it.
 */
export async function* acquireLock(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{readonly type: 'waiting'; readonly path: string}, ProcessLock> {
  await mkdir(dirname(path), {recursive: true})
  for (let waited = false; ; waited = true) {
    throwIfInterrupted(signal)
    const taken = await tryLock(path)
    if ('release' in taken) return taken
    if (!waited) yield {type: 'waiting', path}
    await sleep(POLL_MS, undefined, {signal}).catch(() => throwIfInterrupted(signal))
  }
}
