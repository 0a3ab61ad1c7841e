import {weightKey} from '../model.js'
import {integerAttribute} from '../nodes.js'
import {
  type GraphProto,
  TensorProto_DataLocation as Location,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../onnx-ml_pb.js'
import {type NodeSelection, nodeName, selectNodes} from '../quantize/select-nodes.js'
import {TransposeScope} from '../quantize/transpose-scope.js'
import {shapeOf} from '../tensor-values.js'
import {subgraphsOf} from '../visit.js'
import {isFloatKind} from './float-pieces.js'

/** A tensor of weights seen as [outer, inputs, inner]: weights of one sum lie `inner` apart, `inputs` of them. */
export interface InputView {
  readonly outer: number
  readonly inputs: number
  readonly inner: number
}

/** Weights of products or convolutions, once, however many nodes read them. */
export interface PrunableWeight {
  readonly tensor: TensorProto
  /** Initializers with the same bytes: the tensor itself, and others that share them. */
  readonly tensors: ReadonlySet<TensorProto>
  /** Of the first node that reads them. */
  readonly node: string
  readonly view: InputView
}

/** Weights that are left as they are, and why. */
export interface SkippedWeight {
  readonly name: string
  readonly reason: string
}

export const PRUNABLE_OPERATORS = ['MatMul', 'Gemm', 'Conv'] as const
const OPERATORS = {defaults: PRUNABLE_OPERATORS, all: PRUNABLE_OPERATORS}

/**
 * The float weights of the selected products and convolutions, in all graphs. An embedding that is also a product’s
 * weights (tied logits) is left out: to prune it would change what the model reads, too.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for names and patterns that no node has
 */
export function findPrunableWeights(
  {proto}: {readonly proto: ModelProto},
  selection: NodeSelection = {},
): {readonly weights: readonly PrunableWeight[]; readonly skipped: readonly SkippedWeight[]} {
  const isSelected = selectNodes({proto}, selection, OPERATORS)
  const found = new Map<unknown, {tensor: TensorProto; tensors: Set<TensorProto>; node: string; view: InputView}>()
  const tables = new Set<unknown>()
  const visit = (graph: GraphProto, outer: TransposeScope | undefined) => {
    const scope = new TransposeScope(graph, outer)
    for (const node of graph.node) {
      if (node.opType === 'Gather') tables.add(identityOf(scope.find(node.input[0] ?? '')?.tensor))
      const weight = isSelected(node) ? weightOf(node, scope) : undefined
      if (weight !== undefined) {
        const known = found.get(identityOf(weight.tensor))
        if (known === undefined)
          found.set(identityOf(weight.tensor), {...weight, tensors: new Set([weight.tensor]), node: nodeName(node)})
        else known.tensors.add(weight.tensor)
      }
      for (const inner of subgraphsOf(node)) visit(inner, scope)
    }
  }
  if (proto.graph !== undefined) visit(proto.graph, undefined)
  const entries = [...found]
  return {
    weights: entries.filter(([key]) => !tables.has(key)).map(([, weight]) => weight),
    skipped: entries
      .filter(([key]) => tables.has(key))
      .map(([, {tensor}]) => ({name: tensor.name, reason: 'it is an embedding, too'})),
  }
}

/** Tensors that name the same bytes are the same weights. */
function identityOf(tensor: TensorProto | undefined): unknown {
  return tensor?.dataLocation === Location.EXTERNAL ? weightKey(tensor) : tensor
}

function weightOf(node: NodeProto, scope: TransposeScope): {tensor: TensorProto; view: InputView} | undefined {
  const name = node.input[1] ?? ''
  const transposed = scope.transposed(name)
  const tensor = (transposed ?? scope.find(name))?.tensor
  if (tensor === undefined || !isFloatKind(tensor.dataType)) return undefined
  const shape = shapeOf(tensor)
  if (node.opType === 'Conv') return transposed === undefined ? {tensor, view: viewAt(shape, 1)} : undefined
  if (shape.length < 2 || (transposed !== undefined && shape.length > 2)) return undefined
  const isTurned = node.opType === 'Gemm' && integerAttribute(node, 'transB', 0) === 1
  const turned = isTurned !== (transposed !== undefined)
  return {tensor, view: viewAt(shape, turned ? shape.length - 1 : shape.length - 2)}
}

function viewAt(shape: readonly number[], axis: number): InputView {
  const product = (sizes: readonly number[]) => sizes.reduce((total, size) => total * size, 1)
  return {outer: product(shape.slice(0, axis)), inputs: shape[axis] ?? 1, inner: product(shape.slice(axis + 1))}
}
