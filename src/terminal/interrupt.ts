import {LinguluError} from '../pipeline/errors.js'

/**
 * A signal that Ctrl-C (or SIGTERM) aborts, so that what is finished can be saved. A second Ctrl-C ends the process at
 * once.
 *
 * @param message what has become of the work so far
 * @param hint how to go on
 */
export function interruptSignal(
  message: string,
  hint?: string | undefined,
): Disposable & {readonly signal: AbortSignal} {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.kill(process.pid, 'SIGKILL')
    controller.abort(new LinguluError('INTERRUPTED', message, {hint}))
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.on(name, interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, interrupt)
    },
  }
}
