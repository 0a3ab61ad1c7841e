import {once} from 'node:events'
import {LinguluError} from '../errors.js'
import {withoutSourcePaths} from './session-error.js'
import {forkEntry, siblingEntry} from './start-entry.js'

/** What the loading process says of each model. */
export type LoadAnswer =
  | {readonly ok: true; readonly path: string}
  | {readonly ok: false; readonly path: string; readonly reason: string}

/**
 * Loads models with ONNX Runtime on the CPU, one after the other in a process of its own: what is wrong with them cannot
 * harm this one. Weights in files of external data are mapped and not read; others take as much memory as they have bytes.
 *
 * @throws LinguluError MODEL_INVALID with what ONNX Runtime says of the first that cannot be loaded; the signal's reason
 */
export async function checkLoads(paths: string | readonly string[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const all = typeof paths === 'string' ? [paths] : paths
  const child = forkEntry(siblingEntry('./load-child', import.meta.url))
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, {once: true})
  const answers: LoadAnswer[] = []
  child.on('message', message => answers.push(message as LoadAnswer))
  child.stdout?.resume()
  child.stderr?.resume()
  // A child that dies at once cannot be written to; `close` tells of it.
  child.send([...all], () => {})
  try {
    const [code, killer] = await once(child, 'close')
    signal?.throwIfAborted()
    const bad = answers.find(answer => !answer.ok)
    if (bad !== undefined) throw notLoaded(bad.path, bad.reason)
    const [next] = all.slice(answers.length)
    if (next === undefined) return
    throw notLoaded(next, `it crashes the process that opens it (${killer ?? `exit code ${code}`})`)
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}

const notLoaded = (path: string, reason: string) =>
  new LinguluError('MODEL_INVALID', `${path} cannot be loaded: ${withoutSourcePaths(reason)}`)
