import {LinguluError} from '../../../errors.js'
import type {Checkpoint} from '../../../export/checkpoint.js'
import {floatSource, readFloats} from '../../../export/float-source.js'
import type {StoredTensor} from '../../../export/safetensors-types.js'
import type {Wav2Vec2Config} from '../../../export/wav2vec2/config.js'
import {placeInCheckpoint, type TensorPlace} from './tensor-layouts.js'

/**
 * Weights of the model that is trained, by name, in its own layouts.
 *
 * @param shapes of the weights that are wanted; those named in `optional` may be missing
 * @throws LinguluError MODEL_INVALID where one is missing, or of another shape
 */
export async function readWeights(
  checkpoint: Checkpoint,
  config: Wav2Vec2Config,
  shapes: ReadonlyMap<string, readonly number[]>,
  optional: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  for (const [name, shape] of shapes) {
    const place = placeInCheckpoint(name, shape, config)
    const tensor = findTensor(checkpoint, place)
    if (tensor !== undefined) weights.set(name, place.toOwn(await readPart(tensor, place)))
    else if (!optional.has(name)) throw missing(checkpoint, place)
  }
  return weights
}

function findTensor({tensors}: Checkpoint, {names, shape}: TensorPlace): StoredTensor | undefined {
  const tensor = names.map(name => tensors.get(name)).find(found => found !== undefined)
  if (tensor === undefined || tensor.shape.join() === shape.join()) return tensor
  throw new LinguluError(
    'MODEL_INVALID',
    `${tensor.path}: tensor ${JSON.stringify(tensor.name)} has the shape [${tensor.shape.join(', ')}], not [${shape.join(', ')}].`,
    {hint: 'config.json describes another model: copy it and the weights from one place.'},
  )
}

async function readPart(tensor: StoredTensor, {rows, shape}: TensorPlace): Promise<Float32Array> {
  const floats = await readFloats(floatSource(tensor))
  if (rows === undefined) return floats
  const size = shape.slice(1).reduce((product, each) => product * each, 1)
  return floats.subarray(rows.start * size, rows.end * size)
}

function missing({path}: Checkpoint, {names, shape}: TensorPlace): LinguluError {
  return new LinguluError(
    'MODEL_INVALID',
    `${path} has no tensor ${JSON.stringify(names[0])} ([${shape.join(', ')}]).`,
    {
      hint: 'The weights are not those of the model that config.json describes, or only a part of them.',
    },
  )
}
