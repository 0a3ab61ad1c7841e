import type {ShapeTable} from '../infer-shapes.js'
import type {ModelProto} from '../onnx-ml_pb.js'
import {nodeName} from '../quantize/select-nodes.js'
import {type ChannelGroup, InSegments, NotRemovable, type SkippedGroup} from './channels.js'
import {ChannelFlood, commonName} from './follow-channels.js'
import {buildValueGraph, type Operation, type Value, type ValueGraph} from './value-graph.js'

export interface FoundChannels {
  readonly groups: readonly ChannelGroup[]
  /** Heads that cannot be removed. */
  readonly skipped: readonly SkippedGroup[]
}

/**
 * The neurons of feed-forward layers and the heads of attention that can be removed from a model: those between products
 * with constant weights whose way through the graph is understood from end to end. Branches that share weights share
 * their channels.
 */
export function findChannels(proto: ModelProto, shapes: ShapeTable): FoundChannels {
  const graph = buildValueGraph(proto, shapes)
  const groups: ChannelGroup[] = []
  const skipped = new Map<string, string[]>()
  const done = new Set<Operation>()
  for (const operation of graph.operations) {
    const {node, outputs} = operation
    const [output] = outputs
    const isProduct = node.opType === 'MatMul' || node.opType === 'Gemm' || node.opType === 'FusedMatMul'
    if (!isProduct || output === undefined || done.has(operation)) continue
    const flood = follow(graph, output)
    for (const producer of flood.producers) done.add(producer)
    if (flood.failure === undefined && flood.group !== undefined) groups.push(flood.group)
    else if (flood.unit !== undefined && flood.failure !== undefined)
      skipped.set(flood.failure, [...(skipped.get(flood.failure) ?? []), nodeName(node)])
  }
  return {groups, skipped: [...skipped].map(([reason, names]) => ({name: commonName(names), reason}))}
}

interface Followed {
  readonly group?: ChannelGroup | undefined
  readonly failure?: string | undefined
  readonly unit: number | undefined
  readonly producers: ReadonlySet<Operation>
}

function follow(graph: ValueGraph, start: Value, segments = 1): Followed {
  const flood = new ChannelFlood(graph)
  const {producers} = flood
  try {
    flood.follow(start, segments)
    if (producers.size === 0 || flood.consumers.size === 0) return {unit: undefined, producers}
    return {group: flood.toGroup(), unit: flood.unit, producers}
  } catch (error) {
    if (error instanceof InSegments && segments === 1) return follow(graph, start, error.segments)
    if (!(error instanceof NotRemovable)) throw error
    return {failure: error.message, unit: flood.unit, producers}
  }
}
