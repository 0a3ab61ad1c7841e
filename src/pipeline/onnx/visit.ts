import type {GraphProto, ModelProto, NodeProto, TensorProto} from './onnx-ml_pb.js'

/** The graphs that a node carries in its attributes: the branches of `If`, the body of `Loop` and `Scan`. */
export function* subgraphsOf(node: NodeProto): Generator<GraphProto> {
  for (const {g, graphs} of node.attribute) {
    if (g !== undefined) yield g
    yield* graphs
  }
}

/** A graph and all graphs below it, the outer before the inner. */
export function* graphsOf(graph: GraphProto): Generator<GraphProto> {
  yield graph
  for (const node of graph.node) for (const inner of subgraphsOf(node)) yield* graphsOf(inner)
}

/** All graphs of a model, its main graph first. */
export function* modelGraphs({graph}: ModelProto): Generator<GraphProto> {
  if (graph !== undefined) yield* graphsOf(graph)
}

/** Every tensor of a model: initializers and attributes, in all graphs and functions. */
export function* modelTensors(proto: ModelProto): Generator<TensorProto> {
  for (const graph of modelGraphs(proto)) {
    yield* graph.initializer
    for (const {values, indices} of graph.sparseInitializer) {
      if (values !== undefined) yield values
      if (indices !== undefined) yield indices
    }
    yield* nodeTensors(graph.node)
  }
  for (const {node} of proto.functions) yield* nodeTensors(node)
}

function* nodeTensors(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const {attribute} of nodes)
    for (const {t, tensors} of attribute) {
      if (t !== undefined) yield t
      yield* tensors
    }
}
