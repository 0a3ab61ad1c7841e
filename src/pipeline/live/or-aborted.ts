/**
 * Waits for a promise, but no longer than until the signal aborts, whose reason is thrown then. Unlike `Promise.race`
 * it leaves nothing behind on a signal that outlives many promises.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, {once: true})
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
