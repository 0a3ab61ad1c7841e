import {writeSafetensors} from '../../export/safetensors-write.js'
import {memorySource} from '../../onnx/model.js'
import type {Weights} from './training-task.js'

/** Writes weights as float32 tensors. @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED */
export async function writeWeights(path: string, weights: Weights): Promise<void> {
  const tensors = [...weights].map(([name, {values, shape}]) => ({
    name,
    type: 'F32' as const,
    shape,
    source: memorySource(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  }))
  await writeSafetensors(path, tensors)
}
