import {type ChildProcess, fork} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {Worker} from 'node:worker_threads'

export interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv | undefined
}

/**
 * Starts a module of ours in a process of its own. Its output is piped: what native libraries print must not disturb the
 * terminal, and their last words explain a crash.
 */
export function forkEntry(entry: URL, {env}: ForkOptions = {}): ChildProcess {
  return fork(fileURLToPath(entry), [], {
    execArgv: [...nodeOptions(entry)],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {...process.env, ...env},
  })
}

/** What Node needs before the path of a module of ours: sources run through tsx, the built package has only JavaScript. */
export function nodeOptions(entry: URL): readonly string[] {
  return isSource(entry) ? ['--import', import.meta.resolve('tsx')] : []
}

/** Starts a module of ours in a thread of this process. */
export function startThread(entry: URL, workerData: unknown): Worker {
  if (!isSource(entry)) return new Worker(entry, {workerData})
  // Node 20 does not apply --import to the entry of a thread, so a line of JavaScript goes first.
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const start = `import(${tsx}).then(({register}) => (register(), import(${JSON.stringify(entry.href)})))`
  return new Worker(start, {eval: true, execArgv: [], workerData})
}

/** `./worker-host` beside a module of ours: `.ts` beside sources, `.js` beside built files. */
export function siblingEntry(name: string, importer: string): URL {
  return new URL(`${name}${isSource(new URL(importer)) ? '.ts' : '.js'}`, importer)
}

function isSource(entry: URL): boolean {
  return entry.pathname.endsWith('.ts')
}
