import type {GraphProto, NodeProto} from './onnx-ml_pb.js'
import {subgraphsOf} from './visit.js'

/** Every value that a node reads: its inputs, and what its subgraphs take from the graphs around them. */
export function readsOf(node: NodeProto): Set<string> {
  const reads = new Set(node.input)
  for (const graph of subgraphsOf(node)) for (const name of outerValues(graph)) reads.add(name)
  reads.delete('')
  return reads
}

/** What a subgraph (`If`, `Loop`) takes from the graphs around it. */
export function outerValues(graph: GraphProto): Set<string> {
  const own = new Set(definitionsOf(graph))
  const outer = new Set<string>()
  const read = (name: string) => {
    if (name !== '' && !own.has(name)) outer.add(name)
  }
  for (const node of graph.node) for (const name of readsOf(node)) read(name)
  for (const {name} of graph.output) read(name)
  return outer
}

/** Every value that a graph itself gives a name: inputs, initializers, outputs of nodes. */
export function* definitionsOf(graph: GraphProto): Generator<string> {
  for (const {name} of graph.input) yield name
  for (const {name} of graph.initializer) yield name
  for (const {values} of graph.sparseInitializer) if (values !== undefined) yield values.name
  for (const {output} of graph.node) for (const name of output) if (name !== '') yield name
}
