/** Whoever read stdout has gone (`| head -1`): nothing is wrong, and nothing is to be said. */
export class ClosedOutput extends Error {}

/** Aborts, with a `ClosedOutput`, when nobody reads stdout any more. */
export function closedSignal(): Disposable & {readonly signal: AbortSignal} {
  const controller = new AbortController()
  const close = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') controller.abort(new ClosedOutput())
  }
  process.stdout.on('error', close)
  return {signal: controller.signal, [Symbol.dispose]: () => void process.stdout.off('error', close)}
}
