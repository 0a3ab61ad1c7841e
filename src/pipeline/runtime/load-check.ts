import {once} from 'node:events'
import {LinguluError} from '../errors.js'
import {withoutSourcePaths} from './session-error.js'
import {forkEntry, siblingEntry} from './start-entry.js'

/** What the loading process says. */
export type LoadAnswer = {readonly ok: true} | {readonly ok: false; readonly reason: string}

/**
 * Loads a model with ONNX Runtime on the CPU, in a process of its own: what is wrong with it cannot harm this one, and
 * its memory is given back.
 *
 * @throws LinguluError MODEL_INVALID with what ONNX Runtime says; the signal's reason
 */
export async function checkLoads(path: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const child = forkEntry(siblingEntry('./load-child', import.meta.url))
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, {once: true})
  let answer: LoadAnswer | undefined
  child.once('message', message => {
    answer = message as LoadAnswer
  })
  child.stdout?.resume()
  child.stderr?.resume()
  // A child that dies at once cannot be written to; `close` tells of it.
  child.send(path, () => {})
  try {
    const [code, killer] = await once(child, 'close')
    signal?.throwIfAborted()
    if (answer?.ok) return
    const reason = answer?.reason ?? `it crashes the process that opens it (${killer ?? `exit code ${code}`})`
    throw new LinguluError('MODEL_INVALID', `${path} cannot be loaded: ${withoutSourcePaths(reason)}`)
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}
