/* Entry of the process in which ONNX Runtime optimises a model: it may crash, and takes the model's size in memory. */

import {loadOnnxRuntime} from '../../runtime/onnx-runtime.js'
import type {OptimizeAnswer, OptimizeRequest} from './runtime-optimize.js'

process.once('message', async (request: OptimizeRequest) => {
  const answer = await optimize(request).catch(
    (error): OptimizeAnswer => ({ok: false, reason: error instanceof Error ? error.message : String(error)}),
  )
  process.send?.(answer, () => process.disconnect())
})

/** Smaller initializers stay in the model's own file. */
const EXTERNAL_BYTES = '1024'

async function optimize({source, target, data, level}: OptimizeRequest): Promise<OptimizeAnswer> {
  const {InferenceSession} = await loadOnnxRuntime()
  const session = await InferenceSession.create(source, {
    graphOptimizationLevel: level,
    optimizedModelFilePath: target,
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: {
      session: {
        optimized_model_external_initializers_file_name: data,
        optimized_model_external_initializers_min_size_in_bytes: EXTERNAL_BYTES,
      },
    },
  })
  await session.release()
  return {ok: true}
}
