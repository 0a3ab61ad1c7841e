import {declaredType} from '../../half-types.js'
import {type ElementType, inferElementTypes} from '../../infer-element-types.js'
import type {GraphProto} from '../../onnx-ml_pb.js'
import {subgraphsOf} from '../../visit.js'

/** The types of all values of a main graph; undefined where neither the graph nor the operators say them. */
export function valueTypes(graph: GraphProto): ReadonlyMap<string, ElementType> {
  const types = new Map<string, ElementType>()
  for (const info of [...graph.valueInfo, ...graph.output, ...graph.input]) types.set(info.name, declaredType(info))
  for (const {name, dataType} of graph.initializer) types.set(name, dataType)
  for (const node of graph.node) {
    const hasGraphs = subgraphsOf(node).next().done !== true
    const inputs = node.input.map(name => types.get(name))
    const inferred = hasGraphs ? [] : inferElementTypes(node, inputs)
    for (const [index, name] of node.output.entries())
      if (name !== '' && types.get(name) === undefined) types.set(name, inferred[index])
  }
  return types
}
