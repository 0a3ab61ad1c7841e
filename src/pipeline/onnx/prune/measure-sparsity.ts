import type {Model} from '../model.js'
import {weightKey} from '../model.js'
import {TensorProto_DataLocation as Location} from '../onnx-ml_pb.js'
import type {NodeSelection} from '../quantize/select-nodes.js'
import {elementCount, shapeOf} from '../tensor-values.js'
import {modelTensors} from '../visit.js'
import {decodeFloats, isFloatKind, sourceOf} from './float-pieces.js'
import {countViolations, type NOfM} from './n-of-m.js'
import {findPrunableWeights, type PrunableWeight} from './prunable-weights.js'

/** The weights of one product or convolution. */
export interface WeightSparsity {
  /** The first node that reads them. */
  readonly node: string
  readonly weight: string
  readonly shape: readonly number[]
  readonly zeros: number
  /** Groups of the n:m pattern, and those with more than n weights that are not zero. */
  readonly groups: number
  readonly violations: number
  /** Multiplications and additions for one position (a frame or a token): two for each weight. */
  readonly operations: number
  /** Likewise, without those by zero: what a kernel for sparse weights could save. */
  readonly neededOperations: number
}

export interface ModelSparsity {
  readonly layers: readonly WeightSparsity[]
  /** Elements of all float initializers of the model, each stored one once. */
  readonly parameters: number
}

/** Counts zeros. Weights are read one tensor at a time. */
export async function measureSparsity(
  model: Model,
  pattern: NOfM,
  selection: NodeSelection = {},
): Promise<ModelSparsity> {
  const {weights} = findPrunableWeights(model, selection)
  const layers: WeightSparsity[] = []
  for (const weight of weights) layers.push(await measure(model, weight, pattern))
  return {layers, parameters: countParameters(model)}
}

async function measure(model: Model, {tensor, node, view}: PrunableWeight, pattern: NOfM): Promise<WeightSparsity> {
  const source = await sourceOf(model, tensor)
  if (!isFloatKind(tensor.dataType)) throw new RangeError(`${tensor.name} is not of floats`)
  const values = decodeFloats(await source.read(0, source.byteLength), tensor.dataType)
  let zeros = 0
  for (let index = 0; index < values.length; index++) if (values[index] === 0) zeros++
  const operations = 2 * values.length
  const neededOperations = operations - 2 * zeros
  const groups = countViolations(values, view, pattern)
  return {node, weight: tensor.name, shape: shapeOf(tensor), zeros, ...groups, operations, neededOperations}
}

/** Elements of all float tensors of a model; those that share their bytes count once. */
export function countParameters({proto}: Pick<Model, 'proto'>): number {
  const sizes = new Map<unknown, number>()
  for (const tensor of modelTensors(proto)) {
    if (!isFloatKind(tensor.dataType)) continue
    sizes.set(tensor.dataLocation === Location.EXTERNAL ? weightKey(tensor) : tensor, elementCount(tensor))
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}
