import {copyMessage} from '../copy-message.js'
import {mapSubgraphs} from '../map-graphs.js'
import type {GraphProto} from '../onnx-ml_pb.js'
import {renameReads} from '../rename-reads.js'

/**
 * Gives new names to all values of a graph, and of those below, that are not known. ONNX Runtime stumbles over names like
 * those that it makes itself, when it optimises a model anew as it is loaded.
 *
 * @param makeName gives a name that the model does not have
 */
export function renameGenerated(graph: GraphProto, known: ReadonlySet<string>, makeName: () => string): GraphProto {
  const kept = new Set([...graph.input, ...graph.output].map(({name}) => name))
  const names = new Map<string, string>()
  const rename = (name: string) => {
    if (name === '' || known.has(name) || kept.has(name)) return name
    const made = names.get(name) ?? makeName()
    names.set(name, made)
    return made
  }
  const copy = copyMessage(graph)
  copy.initializer = graph.initializer.map(tensor => {
    const name = rename(tensor.name)
    return name === tensor.name ? tensor : Object.assign(copyMessage(tensor), {name})
  })
  copy.node = graph.node.map(node => {
    const renamed = renameReads(
      mapSubgraphs(node, inner => renameGenerated(inner, known, makeName)),
      names,
    )
    return Object.assign(copyMessage(renamed), {output: node.output.map(rename)})
  })
  copy.valueInfo = graph.valueInfo.filter(({name}) => !names.has(name))
  return copy
}
