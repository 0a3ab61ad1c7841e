import {copyMessage} from '../copy-message.js'
import {mapSubgraphsAsync} from '../map-graphs.js'
import type {GraphProto, NodeProto} from '../onnx-ml_pb.js'
import type {Scope} from './scope.js'

export interface Rewriting<S extends Scope> {
  readonly openScope: (graph: GraphProto, outer: S | undefined) => S
  /** What stands in place of a node; undefined where it stays. */
  readonly replace: (node: NodeProto, scope: S) => Promise<readonly NodeProto[] | undefined>
}

/** A graph with its nodes replaced, those of its subgraphs first, and with what its scope was given to add. */
export async function rewriteGraph<S extends Scope>(
  graph: GraphProto,
  rewriting: Rewriting<S>,
  outer?: S,
): Promise<GraphProto> {
  const scope = rewriting.openScope(graph, outer)
  const nodes: NodeProto[] = []
  for (const node of graph.node) {
    const inner = await mapSubgraphsAsync(node, subgraph => rewriteGraph(subgraph, rewriting, scope))
    nodes.push(...((await rewriting.replace(inner, scope)) ?? [inner]))
  }
  const copy = copyMessage(graph)
  copy.node = nodes
  copy.initializer = [...graph.initializer, ...scope.added]
  return copy
}
