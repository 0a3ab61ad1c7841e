import type {InferenceSession, Tensor} from 'onnxruntime-node'
import {checkModelFile} from './check-model-file.js'
import {loadOnnxRuntime, toRuntimeOptions} from './onnx-runtime.js'
import type {Session, SessionOptions, TensorInfo} from './session.js'
import {sessionError} from './session-error.js'

/**
 * Opens an ONNX model (external data beside it is found by ONNX Runtime). Blocks the calling thread while loading.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID (truncated, corrupt, an operator this runtime lacks, external data
 * missing), PROVIDER_UNAVAILABLE, OUT_OF_MEMORY.
 */
export async function openSession(path: string, options: SessionOptions): Promise<Session> {
  await checkModelFile(path)
  const runtime = await loadOnnxRuntime()
  const context = {path, provider: options.provider}
  const session = await runtime.InferenceSession.create(path, toRuntimeOptions(options)).catch(cause => {
    throw sessionError(cause, {...context, stage: 'open'})
  })
  return {
    ...context,
    inputs: tensorInfos(session.inputMetadata),
    outputs: tensorInfos(session.outputMetadata),
    async run(feeds, fetches) {
      try {
        return toTensors(await session.run(feeds, fetches))
      } catch (cause) {
        throw sessionError(cause, {...context, stage: 'run'})
      }
    },
    close: () => session.release(),
  }
}

function tensorInfos(values: readonly InferenceSession.ValueMetadata[]): ReadonlyMap<string, TensorInfo> {
  return new Map(
    values.flatMap(value => (value.isTensor ? [[value.name, {type: value.type, shape: value.shape}]] : [])),
  )
}

function toTensors(values: InferenceSession.ReturnType): Readonly<Record<string, Tensor>> {
  // Sequences and maps cannot be fetched through this binding, so every value is a tensor.
  return values as Readonly<Record<string, Tensor>>
}
