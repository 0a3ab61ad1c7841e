import {once} from 'node:events'
import {LinguluError} from '../errors.js'
import {withoutSourcePaths} from './session-error.js'
import {forkEntry, siblingEntry} from './start-entry.js'

/** What the loading process says of each model. */
export type LoadAnswer =
  | {readonly ok: true; readonly path: string}
  | {readonly ok: false; readonly path: string; readonly reason: string}

/** A process that is ready to load models, or soon will be: it starts while what it is to load is still being written. */
export interface LoadCheck extends Disposable {
  /**
   * Loads models with ONNX Runtime on the CPU, one after the other; once only. Weights in files of external data are mapped
   * and not read; others take as much memory as they have bytes.
   *
   * @throws LinguluError MODEL_INVALID with what ONNX Runtime says of the first that cannot be loaded; the signal's reason
   */
  check(paths: readonly string[], signal?: AbortSignal): Promise<void>
}

/** Starts the process: what is wrong with a model cannot harm this one. */
export function startLoadCheck(): LoadCheck {
  const child = forkEntry(siblingEntry('./load-child', import.meta.url))
  const answers: LoadAnswer[] = []
  const closed = once(child, 'close')
  closed.catch(() => {})
  child.on('message', message => answers.push(message as LoadAnswer))
  child.stdout?.resume()
  child.stderr?.resume()
  const kill = () => child.kill('SIGKILL')
  return {
    async check(paths, signal) {
      signal?.throwIfAborted()
      signal?.addEventListener('abort', kill, {once: true})
      // A child that dies at once cannot be written to; `close` tells of it.
      child.send([...paths], () => {})
      try {
        const [code, killer] = await closed
        signal?.throwIfAborted()
        const bad = answers.find(answer => !answer.ok)
        if (bad !== undefined) throw notLoaded(bad.path, bad.reason)
        const [next] = paths.slice(answers.length)
        if (next === undefined) return
        throw notLoaded(next, `it crashes the process that opens it (${killer ?? `exit code ${code}`})`)
      } finally {
        signal?.removeEventListener('abort', kill)
      }
    },
    [Symbol.dispose]: kill,
  }
}

/** {@link LoadCheck.check} by a process that starts now. */
export async function checkLoads(paths: string | readonly string[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  using loader = startLoadCheck()
  await loader.check(typeof paths === 'string' ? [paths] : paths, signal)
}

const notLoaded = (path: string, reason: string) =>
  new LinguluError('MODEL_INVALID', `${path} cannot be loaded: ${withoutSourcePaths(reason)}`)
