import type {GraphProto, NodeProto} from '../../onnx-ml_pb.js'

/** What earlier quantization has left in a graph. */
export interface QuantizedParts {
  /** The nodes that make a value of integers. */
  readonly dequantizers: ReadonlyMap<string, NodeProto>
  /** Values that are made integers already. */
  readonly quantized: ReadonlySet<string>
  /** Nodes that must stay: their weights are integers, or they are a part of a dynamically quantized node. */
  readonly done: ReadonlySet<NodeProto>
}

const SUMS = new Set(['MatMulInteger', 'ConvInteger'])

/** Looks for what static and dynamic quantization make: none of it is a node to be quantized. */
export function quantizedParts(graph: GraphProto): QuantizedParts {
  const initializers = new Set(graph.initializer.map(({name}) => name))
  const dequantizers = new Map<string, NodeProto>()
  const quantized = new Set<string>()
  for (const node of graph.node) {
    if (node.opType === 'DequantizeLinear') dequantizers.set(node.output[0] ?? '', node)
    if (node.opType === 'QuantizeLinear') quantized.add(node.input[0] ?? '')
  }
  const isWeight = (name: string) => {
    const source = dequantizers.get(name)?.input[0]
    return source !== undefined && initializers.has(source)
  }
  const done = dynamicParts(graph)
  for (const node of graph.node) if (node.input.some(isWeight)) done.add(node)
  // The weight's own integers may come from a pair of nodes.
  for (const node of graph.node)
    if (node.opType === 'QuantizeLinear' && initializers.has(node.input[0] ?? ''))
      for (const reader of readersOfPair(graph, node, dequantizers)) done.add(reader)
  return {dequantizers, quantized, done}
}

function readersOfPair(
  graph: GraphProto,
  quantizer: NodeProto,
  dequantizers: ReadonlyMap<string, NodeProto>,
): NodeProto[] {
  return graph.node.filter(({input}) =>
    input.some(name => dequantizers.get(name)?.input[0] === quantizer.output[0] && quantizer.output[0] !== undefined),
  )
}

/** Around MatMulInteger there are a Cast of the sums, a product of the scales and the product of both. */
function dynamicParts(graph: GraphProto): Set<NodeProto> {
  const inner = new Set<string>()
  const parts = new Set<NodeProto>()
  for (const node of graph.node) {
    if (node.opType === 'DynamicQuantizeLinear' || SUMS.has(node.opType)) {
      for (const name of node.output) inner.add(name)
      parts.add(node)
      continue
    }
    if (node.opType !== 'Cast' && node.opType !== 'Mul') continue
    const read = node.input.filter(name => inner.has(name)).length
    if (read === 0) continue
    parts.add(node)
    // The product of the sums and the scales is the result.
    if (read < 2) for (const name of node.output) inner.add(name)
  }
  return parts
}
