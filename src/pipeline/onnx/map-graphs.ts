import {copyMessage} from './copy-message.js'
import type {AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto} from './onnx-ml_pb.js'
import {subgraphsOf} from './visit.js'

/** `list` with each member changed; `list` itself where none was. */
function mapSame<T>(list: T[], change: (member: T) => T): T[] {
  let changed: T[] | undefined
  for (const [index, member] of list.entries()) {
    const next = change(member)
    if (next !== member) changed ??= [...list]
    if (changed !== undefined) changed[index] = next
  }
  return changed ?? list
}

/** A node with its subgraphs changed; the node itself where none was. */
export function mapSubgraphs(node: NodeProto, change: (graph: GraphProto) => GraphProto): NodeProto {
  return withAttributes(node, attribute => {
    const g = attribute.g && change(attribute.g)
    const graphs = mapSame(attribute.graphs, change)
    if (g === attribute.g && graphs === attribute.graphs) return attribute
    const copy = copyMessage(attribute)
    if (g !== undefined) copy.g = g
    copy.graphs = graphs
    return copy
  })
}

/** As {@link mapSubgraphs}, for changes that read weights. */
export async function mapSubgraphsAsync(
  node: NodeProto,
  change: (graph: GraphProto) => Promise<GraphProto>,
): Promise<NodeProto> {
  const changed = new Map<GraphProto, GraphProto>()
  for (const graph of subgraphsOf(node)) changed.set(graph, await change(graph))
  return changed.size === 0 ? node : mapSubgraphs(node, graph => changed.get(graph) ?? graph)
}

function withAttributes<T extends NodeProto>(node: T, change: (attribute: AttributeProto) => AttributeProto): T {
  const attribute = mapSame(node.attribute, change)
  if (attribute === node.attribute) return node
  const copy = copyMessage(node)
  copy.attribute = attribute
  return copy
}

/** A model with its main graph changed. Nothing of the old one is written to. */
export function withGraph(proto: ModelProto, graph: GraphProto): ModelProto {
  if (graph === proto.graph) return proto
  const copy = copyMessage(proto)
  copy.graph = graph
  return copy
}

/** A model with every tensor changed, in all graphs and functions. What has not changed is shared with the old one. */
export function mapTensors(proto: ModelProto, change: (tensor: TensorProto) => TensorProto): ModelProto {
  const graph = proto.graph && mapGraphTensors(proto.graph, change)
  const functions = mapSame(proto.functions, one => mapNodes<FunctionProto>(one, node => mapNodeTensors(node, change)))
  if (graph === proto.graph && functions === proto.functions) return proto
  const copy = copyMessage(proto)
  if (graph !== undefined) copy.graph = graph
  copy.functions = functions
  return copy
}

function mapNodes<T extends GraphProto | FunctionProto>(owner: T, change: (node: NodeProto) => NodeProto): T {
  const node = mapSame(owner.node, change)
  if (node === owner.node) return owner
  const copy = copyMessage<GraphProto | FunctionProto>(owner) as T
  copy.node = node
  return copy
}

function mapGraphTensors(graph: GraphProto, change: (tensor: TensorProto) => TensorProto): GraphProto {
  const mapped = mapNodes(graph, node => mapNodeTensors(node, change))
  const initializer = mapSame(graph.initializer, change)
  const sparseInitializer = mapSame(graph.sparseInitializer, sparse => {
    const values = sparse.values && change(sparse.values)
    const indices = sparse.indices && change(sparse.indices)
    if (values === sparse.values && indices === sparse.indices) return sparse
    return Object.assign(copyMessage(sparse), {values, indices})
  })
  if (initializer === graph.initializer && sparseInitializer === graph.sparseInitializer) return mapped
  const copy = mapped === graph ? copyMessage(graph) : mapped
  copy.initializer = initializer
  copy.sparseInitializer = sparseInitializer
  return copy
}

function mapNodeTensors(node: NodeProto, change: (tensor: TensorProto) => TensorProto): NodeProto {
  const mapped = mapSubgraphs(node, graph => mapGraphTensors(graph, change))
  return withAttributes(mapped, attribute => {
    const t = attribute.t && change(attribute.t)
    const tensors = mapSame(attribute.tensors, change)
    if (t === attribute.t && tensors === attribute.tensors) return attribute
    const copy = copyMessage(attribute)
    if (t !== undefined) copy.t = t
    copy.tensors = tensors
    return copy
  })
}
