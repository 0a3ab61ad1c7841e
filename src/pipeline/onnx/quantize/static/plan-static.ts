import {LinguluError} from '../../../errors.js'
import type {Model} from '../../model.js'
import type {GraphProto, NodeProto} from '../../onnx-ml_pb.js'
import {graphsOf, subgraphsOf} from '../../visit.js'
import type {QuantizedNode} from '../dynamic.js'
import {type NodeSelector, nodeName, selectNodes} from '../select-nodes.js'
import {Marks} from './marks.js'
import {markNode} from './operator-rules.js'
import type {Range, Ranges} from './range.js'
import {STATIC_SELECTION, type StaticOptions} from './static-options.js'
import {straightenWeights} from './straight-weights.js'

export interface StaticPlan {
  /** The model that is to be changed: weights behind a Transpose stand before it. */
  readonly model: Model
  readonly graph: GraphProto
  readonly marks: Marks
  /** Nodes around which something is quantized. */
  readonly nodes: readonly QuantizedNode[]
  /** Of the operators that are asked for; some may have nothing to quantize. */
  readonly selected: readonly NodeProto[]
}

const WEIGHTED = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm'])

/**
 * Marks the tensors of a graph that static quantization changes.
 *
 * @param ranges undefined where they are not known yet: then as if all were
 */
export function planStatic(from: Model, before: GraphProto, options: StaticOptions, ranges?: Ranges): StaticPlan {
  const isSelected = selectNodes(from, options, STATIC_SELECTION)
  refuseSubgraphs(before, isSelected)
  const model = straightenWeights(from, before, isSelected)
  const {graph = before} = model.proto
  const selected = graph.node.filter(isSelected)
  const known = ranges && adjustRanges(graph, selected, ranges)
  const marks = new Marks(model, graph, options, name =>
    known === undefined ? {lowest: 0, highest: 0} : known.get(name),
  )
  const nodes: QuantizedNode[] = []
  for (const node of selected) {
    if (!markNode(marks, node)) continue
    const weight = WEIGHTED.has(node.opType) ? node.input.slice(0, 2).find(name => marks.weight(name)) : undefined
    nodes.push({name: nodeName(node), opType: node.opType, weight: weight ?? ''})
  }
  return {model, graph, marks, nodes, selected}
}

function refuseSubgraphs(graph: GraphProto, isSelected: NodeSelector): void {
  for (const node of graph.node)
    for (const inner of subgraphsOf(node))
      for (const {node: nodes} of graphsOf(inner)) {
        const found = nodes.find(isSelected)
        if (found === undefined) continue
        throw new LinguluError(
          'OPTION_UNSUPPORTED',
          `Node ${JSON.stringify(nodeName(found))} is in a subgraph of ${JSON.stringify(nodeName(node))} (${node.opType}), whose values cannot be calibrated.`,
          {hint: 'Use dynamic-int8 or int8-weights for this model, or leave such nodes out.'},
        )
      }
}

/** What makes Relu's or Clip's input has the range of its output, if that is all it is for; Softmax gives 0 to 1. */
function adjustRanges(graph: GraphProto, selected: readonly NodeProto[], ranges: Ranges): Ranges {
  const adjusted = new Map<string, Range>(ranges)
  const readers = new Map<string, number>()
  for (const {input} of graph.node) for (const name of input) readers.set(name, (readers.get(name) ?? 0) + 1)
  for (const {opType, input, output} of selected) {
    const [from = ''] = input
    const [to = ''] = output
    if (opType === 'Softmax') adjusted.set(to, {lowest: 0, highest: 1})
    const range = adjusted.get(to)
    const isLimit = opType === 'Relu' || opType === 'Clip'
    if (isLimit && readers.get(from) === 1 && adjusted.has(from) && range !== undefined) adjusted.set(from, range)
  }
  return adjusted
}
