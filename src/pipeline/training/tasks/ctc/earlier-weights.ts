import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {LinguluError} from '../../../errors.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import {readModel} from '../../../onnx/read-model.js'
import {floatsOf, shapeOf} from '../../../onnx/tensor-values.js'
import type {Values} from '../../engine/training-engine.js'
import {readWeights} from '../read-weights.js'
import type {Weights} from '../training-task.js'

/**
 * The weights of a CTC model of lingulu's own: those that its training saved, `model.safetensors`, or else those of its float32
 * export, `onnx/model.onnx`, which has them by the same names.
 *
 * @throws LinguluError MODEL_MISSING; MODEL_INVALID, also for a model of another kind
 */
export async function readEarlierWeights(folder: string): Promise<Weights> {
  const path = await earlierWeights(folder)
  const weights = path.endsWith('.onnx') ? await readExported(path) : await readWeights(path)
  if (weights.has('subsample.0.weight')) return weights
  throw new LinguluError('MODEL_INVALID', `${path} has no weights of a CTC model of lingulu’s own.`, {
    hint: 'model.from goes on from what lingulu has trained. For wav2vec2 models add architecture: wav2vec2.',
  })
}

/**
 * The file that {@link readEarlierWeights} reads.
 *
 * @throws LinguluError MODEL_MISSING
 */
export async function earlierWeights(folder: string): Promise<string> {
  for (const name of ['model.safetensors', 'onnx/model.onnx']) {
    const path = join(folder, name)
    if ((await stat(path).catch(() => undefined))?.isFile()) return path
  }
  throw new LinguluError('MODEL_MISSING', `${folder} has no model.safetensors and no onnx/model.onnx.`, {
    hint: 'Name a folder that training wrote, or its float32 export, as model.from.',
  })
}

async function readExported(path: string): Promise<Weights> {
  const model = await readModel(path)
  const weights = new Map<string, Values<Float32Array>>()
  for (const tensor of model.proto.graph?.initializer ?? [])
    if (tensor.dataType === DataType.FLOAT)
      weights.set(tensor.name, {values: await floatsOf(model, tensor), shape: shapeOf(tensor)})
  return weights
}
