/* Entry of the process that loads models to see whether they can be: it may crash, and nobody is harmed. */

import type {LoadAnswer} from './load-check.js'
import {loadOnnxRuntime, toRuntimeOptions} from './onnx-runtime.js'

// While what is to be loaded is still being written.
const runtime = loadOnnxRuntime()
runtime.catch(() => {})

process.once('message', async (paths: readonly string[]) => {
  for (const path of paths) {
    const answer = await load(path).catch(
      (error): LoadAnswer => ({ok: false, path, reason: error instanceof Error ? error.message : String(error)}),
    )
    await new Promise(resolve => process.send?.(answer, resolve))
    if (!answer.ok) break
  }
  process.disconnect()
})

/** Weights are not packed for the kernels: those beside a graph stay on the disk, and gigabytes load in little memory. */
async function load(path: string): Promise<LoadAnswer> {
  const {InferenceSession} = await runtime
  const options = toRuntimeOptions({provider: 'cpu', threads: 1})
  const session = await InferenceSession.create(path, {
    ...options,
    extra: {...options.extra, session: {disable_prepacking: '1'}},
  })
  await session.release()
  return {ok: true, path}
}
