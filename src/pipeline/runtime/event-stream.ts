import {LinguluError} from '../errors.js'
import {EventQueue} from './event-queue.js'

/** Does something long, tells what happens by `emit`, and ends soon after `abort` is aborted. */
export type Work<Event> = (emit: (event: Event) => void, abort: AbortController) => Promise<void>

/**
 * The events of long work as a generator. Leaving the loop early aborts the work and waits for its end.
 *
 * @throws what the work throws; after `signal` is aborted, that is its reason
 */
export async function* streamEvents<Event>(work: Work<Event>, signal: AbortSignal | undefined): AsyncGenerator<Event> {
  const queue = new EventQueue<Event>()
  const abort = new AbortController()
  const stop = () => abort.abort(signal?.reason)
  signal?.addEventListener('abort', stop, {once: true})
  if (signal?.aborted) stop()
  const working = work(event => queue.push(event), abort).finally(() => queue.end())
  // Whoever leaves the loop is not waiting for the outcome any more.
  working.catch(() => {})
  try {
    yield* queue.read()
    await working
  } finally {
    signal?.removeEventListener('abort', stop)
    abort.abort(new LinguluError('INTERRUPTED', 'Nobody is waiting for the results any more.'))
    await working.catch(() => {})
  }
}
