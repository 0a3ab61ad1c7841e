import {once} from 'node:events'
import type {Worker} from 'node:worker_threads'
import {fromErrorRecord, LinguluError} from '../../errors.js'
import {Semaphore} from '../../runtime/semaphore.js'
import {siblingEntry, startThread} from '../../runtime/start-entry.js'
import type {Sound} from '../sound.js'
import type {CopyAnswer} from './copy-thread.js'
import type {CopyJob, CopySettings, MadeCopy} from './make-copies.js'

/** Threads that make copies of utterances, each one job at a time; the others wait. */
export interface CopyThreads {
  /** @throws LinguluError WORKER_CRASHED; INTERRUPTED when closed; and what a `CopyMaker` throws */
  make(job: CopyJob): Promise<readonly MadeCopy[]>
  /** Ends all threads, whatever they are doing. */
  close(): Promise<void>
}

export function openCopyThreads(settings: CopySettings, threads: number): CopyThreads {
  const entry = siblingEntry('./copy-thread', import.meta.url)
  const {noise, responses} = settings.sounds
  const data: CopySettings = {...settings, sounds: {noise: noise?.map(shared), responses: responses?.map(shared)}}
  const all = new Set<Worker>()
  const places = new Semaphore(threads)
  const idle: Worker[] = []
  let closed = false
  const start = () => {
    const worker = startThread(entry, data)
    // Heard here when nobody waits for an answer, which would end the process.
    worker.on('error', () => all.delete(worker)).on('exit', () => all.delete(worker))
    all.add(worker)
    return worker
  }
  return {
    async make(job) {
      const release = await places.acquire()
      try {
        if (closed) throw new LinguluError('INTERRUPTED', 'The threads have ended.')
        const worker = idle.pop() ?? start()
        const answer = await askOrEnd(worker, job)
        idle.push(worker)
        if (answer.type === 'failed') throw fromErrorRecord(answer.error)
        return answer.copies
      } finally {
        release()
      }
    },
    async close() {
      closed = true
      await Promise.all([...all].map(worker => worker.terminate()))
    },
  }
}

/** In memory that threads have in common: an hour of noise takes 230 MB. */
function shared({name, samples}: Sound): Sound {
  const copy = new Float32Array(new SharedArrayBuffer(samples.byteLength))
  copy.set(samples)
  return {name, samples: copy}
}

/** A thread that did not answer is in no known state. */
async function askOrEnd(worker: Worker, job: CopyJob): Promise<CopyAnswer> {
  try {
    return await ask(worker, job)
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

async function ask(worker: Worker, job: CopyJob): Promise<CopyAnswer> {
  const stop = new AbortController()
  const {signal} = stop
  try {
    // Both reject with what the event `error` carries.
    const answered = once(worker, 'message', {signal}).then(([answer]): CopyAnswer => answer)
    const ended = once(worker, 'exit', {signal}).then(([code]): never => {
      throw crashed(job, `it ended with code ${code}`)
    })
    const first = Promise.race([answered, ended])
    // A job that cannot be sent is told by `postMessage`; nobody waits for an answer then.
    first.catch(() => undefined)
    worker.postMessage(job)
    return await first
  } catch (error) {
    throw error instanceof LinguluError
      ? error
      : crashed(job, error instanceof Error ? error.message : String(error), error)
  } finally {
    stop.abort()
  }
}

const crashed = ({utterance}: CopyJob, why: string, cause?: unknown): LinguluError =>
  new LinguluError('WORKER_CRASHED', `${utterance.audio}: the thread that worked on it is gone: ${why}`, {cause})
