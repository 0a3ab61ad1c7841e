import {createRequire} from 'node:module'
import {LinguluError} from '../../../errors.js'
import type {TfjsEngineName} from '../engine-names.js'
import {findTfjs, SETUP_COMMANDS, TFJS_PACKAGES} from './find-tfjs.js'
import type {TensorFlow} from './tensorflow.js'
import {repairWasmKernels} from './wasm-kernels.js'

export interface LoadedTfjs {
  readonly tf: TensorFlow
  /** TensorFlow.js's own name of what computes. */
  readonly backend: Backend
}

type Backend = 'tensorflow' | 'wasm' | 'cpu'

const BACKENDS: Readonly<Record<TfjsEngineName, Backend>> = {
  'tfjs-node-gpu': 'tensorflow',
  'tfjs-node': 'tensorflow',
  'tfjs-wasm': 'wasm',
  'tfjs-cpu': 'cpu',
}

/** 0 is all, 1 no information, 2 no warnings. */
const LOG_ERRORS_ONLY = '2'

/**
 * Loads TensorFlow.js and starts what computes.
 *
 * @param threads of TensorFlow's operations; what is loaded first in a process decides
 * @throws LinguluError PROVIDER_UNAVAILABLE if it is not installed, cannot be loaded, or a GPU is asked for and none is there
 */
export async function loadTfjs(
  name: TfjsEngineName,
  {threads = 0}: {readonly threads?: number} = {},
): Promise<LoadedTfjs> {
  const backend = BACKENDS[name]
  const require = findTfjs(name)
  if (require === undefined)
    throw unavailable(
      name,
      `${TFJS_PACKAGES[name].join(' and ')} ${TFJS_PACKAGES[name].length > 1 ? 'are' : 'is'} not installed.`,
    )
  if (backend === 'tensorflow') prepareTensorFlow(threads)
  try {
    const [main] = TFJS_PACKAGES[name].map(wanted => require(wanted) as unknown)
    // All packages that come first have the operations of the core; nothing else of them is used.
    const tf = main as TensorFlow
    // Else it recommends itself on the terminal.
    tf.enableProdMode()
    if (backend === 'wasm') repairWasmKernels(tf)
    if (!(await withoutListeners(() => tf.setBackend(backend))))
      throw new Error(`the backend ${backend} does not start.`)
    if (name === 'tfjs-node-gpu' && !usesGpu(tf)) throw noGpu()
    return {tf, backend}
  } catch (error) {
    if (error instanceof LinguluError) throw error
    throw unavailable(name, firstLine(error), error)
  }
}

/** Takes away what Emscripten puts onto the process to end it in its own way, with a page of JavaScript. */
async function withoutListeners<Result>(start: () => Promise<Result>): Promise<Result> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = new Set<unknown>(events.flatMap(event => process.rawListeners(event)))
  try {
    return await start()
  } finally {
    for (const event of events)
      for (const listener of process.rawListeners(event))
        if (!before.has(listener)) process.off(event, listener as (...given: unknown[]) => void)
  }
}

/** What TensorFlow reads from the environment when it is loaded, and what tfjs-node 4 misses in Node 23 and newer. */
function prepareTensorFlow(threads: number): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= LOG_ERRORS_ONLY
  if (threads > 0) {
    process.env.TF_NUM_INTRAOP_THREADS ??= String(threads)
    process.env.TF_NUM_INTEROP_THREADS ??= '1'
  }
  const util: object = createRequire(import.meta.url)('node:util')
  if (!('isNullOrUndefined' in util))
    Reflect.set(util, 'isNullOrUndefined', (value: unknown) => value === null || value === undefined)
}

function usesGpu(tf: TensorFlow): boolean {
  const backend = tf.backend()
  return 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true
}

function noGpu(): LinguluError {
  return new LinguluError('PROVIDER_UNAVAILABLE', 'tfjs-node-gpu: TensorFlow is loaded but lists no GPU.', {
    hint: 'Check `nvidia-smi -L`. The TensorFlow 2.9 that npm brings needs CUDA 11.2 and cuDNN 8.1; for a newer one give its C library: lingulu setup train-gpu --libtensorflow <folder>',
  })
}

function unavailable(name: TfjsEngineName, reason: string, cause?: unknown): LinguluError {
  return new LinguluError('PROVIDER_UNAVAILABLE', `${name}: ${reason}`, {cause, hint: SETUP_COMMANDS[name]})
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.trim() ?? ''
