import {roundHalfEven} from '../../decoding/round-half-even.js'
import {copyMessage} from '../copy-message.js'
import {mapTensors} from '../map-graphs.js'
import {type Model, pointTo, type WeightSource} from '../model.js'
import {TensorProto_DataLocation as Location, type TensorProto} from '../onnx-ml_pb.js'
import type {NodeSelection} from '../quantize/select-nodes.js'
import {elementCount} from '../tensor-values.js'
import {type FloatKind, floatPieces, isFloatKind, sourceOf} from './float-pieces.js'
import {withNOfM, withoutSmallest} from './masked-source.js'
import type {NOfM} from './n-of-m.js'
import {findPrunableWeights, type PrunableWeight, type SkippedWeight} from './prunable-weights.js'
import {countTies, findSmallest, type Weights} from './smallest-magnitudes.js'

export type WeightPruning =
  /** The part `amount` (0–1) of weights that is smallest becomes zero: of each tensor, or of all tensors together. */
  | {readonly method: 'l1'; readonly amount: number; readonly scope: 'layer' | 'global'}
  | ({readonly method: 'n:m'} & NOfM)

export interface PrunedWeights {
  readonly model: Model
  readonly weights: readonly PrunableWeight[]
  readonly skipped: readonly SkippedWeight[]
}

/**
 * Sets weights of products and convolutions to zero; shapes stay. `l1` does what PyTorch’s `l1_unstructured` and
 * `global_unstructured` do (of equal magnitudes, the first in order go). Weights are read here, to find the border, and
 * masked as they are written, so memory does not grow with them.
 *
 * @throws LinguluError MODEL_INVALID if weights are not finite; OPTION_UNSUPPORTED for names that no node has
 */
export async function pruneWeights(
  model: Model,
  pruning: WeightPruning,
  selection: NodeSelection = {},
): Promise<PrunedWeights> {
  const {weights, skipped} = findPrunableWeights(model, selection)
  const masked = await maskAll(model, weights, pruning)
  const sources = new Map<string, WeightSource>()
  const changed = new Map<TensorProto, TensorProto>()
  for (const [index, {tensor, tensors}] of weights.entries()) {
    const source = masked[index]
    if (source === undefined) continue
    const key = `pruned:${index}:${tensor.name}`
    const inline = tensor.dataLocation === Location.EXTERNAL ? undefined : await source.read(0, source.byteLength)
    if (inline === undefined) sources.set(key, source)
    for (const one of tensors) changed.set(one, withData(one, key, inline))
  }
  const proto = mapTensors(model.proto, tensor => changed.get(tensor) ?? tensor)
  return {model: {proto, weights: new Map([...model.weights, ...sources])}, weights, skipped}
}

function withData(tensor: TensorProto, key: string, inline: Uint8Array | undefined): TensorProto {
  const copy = copyMessage(tensor)
  copy.floatData = []
  copy.int32Data = []
  if (inline === undefined) pointTo(copy, key)
  else copy.rawData = inline
  return copy
}

async function maskAll(
  model: Model,
  weights: readonly PrunableWeight[],
  pruning: WeightPruning,
): Promise<readonly WeightSource[]> {
  const opened = await Promise.all(weights.map(weight => open(model, weight)))
  if (pruning.method === 'n:m') return opened.map(({source, kind, view}) => withNOfM(source, kind, view, pruning))
  const {amount, scope} = pruning
  if (scope === 'global') return await cutSmallest(opened, amount)
  const masked: WeightSource[] = []
  for (const one of opened) masked.push(...(await cutSmallest([one], amount)))
  return masked
}

interface Opened extends Weights, Pick<PrunableWeight, 'view'> {
  readonly source: WeightSource
  readonly kind: FloatKind
  readonly count: number
}

async function open(model: Model, {tensor, view}: PrunableWeight): Promise<Opened> {
  const kind = tensor.dataType
  if (!isFloatKind(kind)) throw new RangeError(`${tensor.name} is not of floats`)
  const source = await sourceOf(model, tensor)
  return {name: tensor.name, source, kind, view, count: elementCount(tensor), read: () => floatPieces(source, kind)}
}

/** The smallest of all these weights together become zero. */
async function cutSmallest(weights: readonly Opened[], amount: number): Promise<WeightSource[]> {
  const total = weights.reduce((sum, {count}) => sum + count, 0)
  const count = roundHalfEven(amount * total)
  if (count === 0) return weights.map(({source}) => source)
  const cut = await findSmallest(weights, count)
  const masked: WeightSource[] = []
  let ties = cut.ties
  for (const {source, kind} of weights) {
    const end = await endOfTies(source, kind, cut.magnitude, ties)
    ties -= end.ties
    masked.push(withoutSmallest(source, kind, {magnitude: cut.magnitude, tieEnd: end.element}))
  }
  return masked
}

/** The element after the `wanted`-th whose magnitude is that of the cut, and how many there are before it. */
async function endOfTies(source: WeightSource, kind: FloatKind, magnitude: number, wanted: number) {
  let ties = 0
  let element = 0
  if (wanted === 0) return {element, ties}
  for await (const values of floatPieces(source, kind)) {
    const here = countTies(values, magnitude)
    if (ties + here >= wanted) {
      for (const value of values) {
        if (ties === wanted) break
        if (countTies(Float32Array.of(value), magnitude) === 1) ties++
        element++
      }
      return {element, ties}
    }
    ties += here
    element += values.length
  }
  return {element, ties}
}
