/* Entry of the process that tries a provider: it may crash or hang, and nobody is harmed. */

import {loadOnnxRuntime, toRuntimeOptions} from './onnx-runtime.js'
import type {ProbeAnswer, ProbeQuestion} from './probe.js'
import {PROBE_LENGTH, probeModel} from './probe-model.js'

process.once('message', async (question: ProbeQuestion) => {
  const answer = await tryProvider(question).catch(
    (error): ProbeAnswer => ({ok: false, reason: error instanceof Error ? error.message : String(error)}),
  )
  process.send?.(answer, () => process.disconnect())
})

async function tryProvider({provider, deviceId}: ProbeQuestion): Promise<ProbeAnswer> {
  const {InferenceSession, Tensor} = await loadOnnxRuntime()
  const session = await InferenceSession.create(probeModel(), toRuntimeOptions({provider, deviceId, threads: 1}))
  const x = Float32Array.from({length: PROBE_LENGTH}, (_, i) => i + 0.5)
  const {y} = await session.run({x: new Tensor('float32', x, [PROBE_LENGTH])}, ['y'])
  await session.release()
  const right = y?.data instanceof Float32Array && y.data.every((value, i) => value === 2 * (i + 0.5))
  return right ? {ok: true} : {ok: false, reason: `computes wrong results: ${y?.data}`}
}
