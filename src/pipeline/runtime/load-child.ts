/* Entry of the process that loads a model to see whether it can be: it may crash, and nobody is harmed. */

import type {LoadAnswer} from './load-check.js'
import {loadOnnxRuntime, toRuntimeOptions} from './onnx-runtime.js'

process.once('message', async (path: string) => {
  const answer = await load(path).catch(
    (error): LoadAnswer => ({ok: false, reason: error instanceof Error ? error.message : String(error)}),
  )
  process.send?.(answer, () => process.disconnect())
})

async function load(path: string): Promise<LoadAnswer> {
  const {InferenceSession} = await loadOnnxRuntime()
  const session = await InferenceSession.create(path, toRuntimeOptions({provider: 'cpu', threads: 1}))
  await session.release()
  return {ok: true}
}
