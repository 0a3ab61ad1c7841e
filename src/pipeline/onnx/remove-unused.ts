import {copyMessage} from './copy-message.js'
import {mapSubgraphs, withGraph} from './map-graphs.js'
import type {Model} from './model.js'
import type {GraphProto} from './onnx-ml_pb.js'
import {readsOf} from './outer-values.js'

/** Nodes and initializers from which no output of the model comes are left out, in all graphs. Inputs and outputs stay. */
export function removeUnused({proto, weights}: Model): Model {
  if (proto.graph === undefined) return {proto, weights}
  return {proto: withGraph(proto, removeFrom(proto.graph)), weights}
}

function removeFrom(graph: GraphProto): GraphProto {
  const used = new Set(graph.output.map(({name}) => name))
  const kept = []
  // Nodes stand in the order of execution: seen from the end, every reader comes before what it reads.
  for (const node of [...graph.node].reverse()) {
    if (!node.output.some(name => used.has(name))) continue
    const inner = mapSubgraphs(node, removeFrom)
    for (const name of readsOf(inner)) used.add(name)
    kept.push(inner)
  }
  const node = kept.reverse()
  const initializer = graph.initializer.filter(({name}) => used.has(name))
  const same = node.length === graph.node.length && node.every((one, index) => one === graph.node[index])
  if (same && initializer.length === graph.initializer.length) return graph
  const copy = copyMessage(graph)
  copy.node = node
  copy.initializer = initializer
  const names = new Set([...used, ...node.flatMap(({output}) => output)])
  copy.valueInfo = graph.valueInfo.filter(({name}) => names.has(name))
  copy.quantizationAnnotation = graph.quantizationAnnotation.filter(({tensorName}) => names.has(tensorName))
  return copy
}
