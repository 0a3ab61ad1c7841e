import {copyMessage} from './copy-message.js'
import {mapSubgraphs} from './map-graphs.js'
import type {GraphProto, NodeProto} from './onnx-ml_pb.js'
import {readsOf} from './outer-values.js'

/** A node that reads other values in place of some, its subgraphs too; itself where it reads none of them. */
export function renameReads(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  if (names.size === 0 || ![...readsOf(node)].some(name => names.has(name))) return node
  const inner = mapSubgraphs(node, graph => renameBelow(graph, names))
  const copy = copyMessage(inner)
  copy.input = node.input.map(name => names.get(name) ?? name)
  return copy
}

function renameBelow(graph: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const copy = copyMessage(graph)
  copy.node = graph.node.map(node => renameReads(node, names))
  copy.output = graph.output.map(info => {
    const name = names.get(info.name)
    return name === undefined ? info : Object.assign(copyMessage(info), {name})
  })
  return copy
}
