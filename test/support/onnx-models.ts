import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import type {Model} from '../../src/pipeline/onnx/model.js'
import type {GraphProto, TensorProto} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {bytesOf} from '../../src/pipeline/onnx/tensor-values.js'
import {modelGraphs} from '../../src/pipeline/onnx/visit.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {temporaryFolder} from '../pipeline/transcripts/temporary-folder.js'

export const onnxReference = (path: string) => new URL(`../data/onnx-reference/${path}`, import.meta.url).pathname

export const allInitializers = ({proto}: Pick<Model, 'proto'>): TensorProto[] =>
  [...modelGraphs(proto)].flatMap(({initializer}: GraphProto) => initializer)

/** Type, shape and bytes of every initializer that `name` gives a name to. */
export async function tensorsByName(
  model: Model,
  name: (tensor: string) => string | undefined = tensor => tensor,
): Promise<Record<string, readonly [type: number, shape: string, bytes: string]>> {
  const found = allInitializers(model).flatMap(tensor => {
    const shown = name(tensor.name)
    return shown === undefined ? [] : [[shown, tensor] as const]
  })
  const entries = found.map(async ([shown, tensor]) => {
    const bytes = Buffer.from(await bytesOf(model, tensor)).toString('hex')
    return [shown, [tensor.dataType, tensor.dims.join(), bytes]] as const
  })
  return Object.fromEntries((await Promise.all(entries)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The model's outputs by ONNX Runtime, by name. */
export async function runModel(
  model: Model | string,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const path = typeof model === 'string' ? model : join(await temporaryFolder(), 'model.onnx')
  if (typeof model !== 'string') await writeModel(model, path)
  const session = await InferenceSession.create(path, {logSeverityLevel: 3})
  const outputs = await session.run(inputs)
  await session.release()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, {data}]) => [name, Float32Array.from(data as Iterable<number>)]),
  )
}

/** Numbers between −1 and 1 that look random and are always the same. */
export const noise = (length: number, seed = 1): Float32Array =>
  Float32Array.from({length}, (_, index) => {
    const value = Math.sin((index + 1) * 12.9898 + seed * 78.233) * 43_758.5453
    return 2 * (value - Math.floor(value)) - 1
  })

export const floats = (shape: readonly number[], seed = 1): Tensor =>
  new Tensor(
    'float32',
    noise(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
    [...shape],
  )

/** The greatest distance between numbers of the two, as a part of the greatest magnitude in the second. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let distance = 0
  let magnitude = 0
  for (const [index, value] of expected.entries()) {
    if (Number.isFinite(value)) magnitude = Math.max(magnitude, Math.abs(value))
    if (Object.is(actual[index], value)) continue
    const difference = Math.abs((actual[index] as number) - value)
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY
    distance = Math.max(distance, difference)
  }
  return distance === 0 ? 0 : distance / magnitude
}
