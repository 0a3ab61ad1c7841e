import {copyMessage} from '../copy-message.js'
import {tensorInfo} from '../graph-builder.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import type {Model} from '../model.js'
import {makeNode} from '../nodes.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto} from '../onnx-ml_pb.js'
import {requireOpset} from '../opset.js'
import {definitionsOf} from '../outer-values.js'
import {floatTensor, int64Tensor} from '../tensor.js'
import {modelGraphs} from '../visit.js'
import type {ChannelGroup} from './channels.js'

/** Two outputs of a model that tell how active the channels of a group are at one of the products that read them. */
export interface ActivationOutput {
  readonly group: ChannelGroup
  /** Sum of magnitudes over all positions: float [channels × unit]. */
  readonly sums: string
  /** Elements that were summed, of all channels: int64. */
  readonly count: string
}

/** The first whose ReduceSum has its axes for an input. */
const LEAST_OPSET = 13

/**
 * A model that also gives how active the channels are, from all branches and loops: sums over positions, so that no large
 * tensors leave it.
 *
 * @throws LinguluError MODEL_INVALID for models before opset 13
 */
export function withActivationOutputs(
  model: Model,
  groups: readonly ChannelGroup[],
): {readonly model: Model; readonly outputs: readonly ActivationOutput[]} {
  const {graph} = model.proto
  if (graph === undefined) return {model, outputs: []}
  requireOpset(model.proto, LEAST_OPSET, 'pruning by activation')
  const consumers = new Map(groups.flatMap(group => group.consumers.map(({node}) => [node, group] as const)))
  const exposer = new Exposer(new Set([...modelGraphs(model.proto)].flatMap(one => [...definitionsOf(one)])), consumers)
  const {graph: exposed, outputs} = exposer.expose(graph)
  return {model: {...model, proto: withGraph(model.proto, withOutputs(exposed, outputs))}, outputs}
}

interface Exposed {
  readonly graph: GraphProto
  readonly outputs: readonly ActivationOutput[]
}

class Exposer {
  readonly #names: Set<string>
  readonly #consumers: ReadonlyMap<NodeProto, ChannelGroup>

  constructor(names: Set<string>, consumers: ReadonlyMap<NodeProto, ChannelGroup>) {
    this.#names = names
    this.#consumers = consumers
  }

  /** A graph that has the sums as values; they are not among its outputs yet. */
  expose(graph: GraphProto): Exposed {
    const copy = copyMessage(graph)
    copy.node = []
    copy.initializer = [...graph.initializer]
    const outputs: ActivationOutput[] = []
    for (const node of graph.node) {
      outputs.push(...this.#addSubgraphs(node, copy))
      const group = this.#consumers.get(node)
      if (group !== undefined) outputs.push(this.#addSums(node.input[0] ?? '', group, copy))
    }
    return outputs.length === 0 ? {graph, outputs} : {graph: copy, outputs}
  }

  #addSums(value: string, group: ChannelGroup, graph: GraphProto): ActivationOutput {
    const [floats = '', magnitudes = '', rows = '', sums = '', count = ''] = this.#unique(value, 5)
    const shape = this.#constant(graph, [-1, group.channels * group.unit])
    graph.node.push(
      makeNode('Cast', [value], [floats], {attributes: {to: DataType.FLOAT}}),
      makeNode('Abs', [floats], [magnitudes]),
      makeNode('Reshape', [magnitudes, shape], [rows]),
      makeNode('ReduceSum', [rows, this.#constant(graph, [0])], [sums], {attributes: {keepdims: 0}}),
      makeNode('Size', [value], [count]),
    )
    return {group, sums, count}
  }

  /** Adds a node, and what its branches or its body tell. */
  #addSubgraphs(node: NodeProto, graph: GraphProto): ActivationOutput[] {
    const inner: Exposed[] = []
    if (node.opType === 'If' || node.opType === 'Loop')
      for (const {g} of node.attribute) if (g !== undefined) inner.push(this.expose(g))
    const told = inner.flatMap(({outputs}) => outputs)
    if (told.length === 0) {
      graph.node.push(node)
      return []
    }
    const rest = [...inner]
    const copy = copyMessage(
      mapSubgraphs(node, () => {
        const own = rest.shift()
        if (own === undefined) throw new RangeError('a node has other graphs than before')
        return withOutputs(...this.#padded(own, told))
      }),
    )
    const outer = told.map(({group}) => {
      const [sums = '', count = ''] = this.#unique(node.output[0] ?? 'loop', 2)
      return {group, sums, count}
    })
    copy.output = [...node.output, ...outer.flatMap(({sums, count}) => [sums, count])]
    graph.node.push(copy)
    return node.opType === 'If' ? outer : outer.map(one => this.#sumSteps(one, graph))
  }

  /** All branches tell the same: zeros for what is in another one. */
  #padded({graph, outputs}: Exposed, told: readonly ActivationOutput[]): [GraphProto, ActivationOutput[]] {
    const copy = copyMessage(graph)
    copy.initializer = [...graph.initializer]
    const all = told.map(one => {
      if (outputs.includes(one)) return one
      const [sums = '', count = ''] = this.#unique('none', 2)
      const width = one.group.channels * one.group.unit
      copy.initializer.push(floatTensor(sums, new Float32Array(width), [width]), int64Tensor(count, [0], []))
      return {group: one.group, sums, count}
    })
    return [copy, all]
  }

  /** A loop gives a row for each step. */
  #sumSteps({group, sums, count}: ActivationOutput, graph: GraphProto): ActivationOutput {
    const [total = '', elements = ''] = this.#unique(sums, 2)
    const axis = this.#constant(graph, [0])
    graph.node.push(
      makeNode('ReduceSum', [sums, axis], [total], {attributes: {keepdims: 0}}),
      makeNode('ReduceSum', [count, axis], [elements], {attributes: {keepdims: 0}}),
    )
    return {group, sums: total, count: elements}
  }

  #constant(graph: GraphProto, values: readonly number[]): string {
    const [name = ''] = this.#unique('activation', 1)
    graph.initializer.push(int64Tensor(name, values))
    return name
  }

  #unique(stem: string, count: number): string[] {
    const names: string[] = []
    for (let number = 0; names.length < count; number++) {
      const name = `${stem}_activation_${number}`
      if (this.#names.has(name)) continue
      this.#names.add(name)
      names.push(name)
    }
    return names
  }
}

function withOutputs(graph: GraphProto, outputs: readonly ActivationOutput[]): GraphProto {
  const copy = copyMessage(graph)
  copy.output = [
    ...graph.output,
    ...outputs.flatMap(({group, sums, count}) => [
      tensorInfo(sums, DataType.FLOAT, [group.channels * group.unit]),
      tensorInfo(count, DataType.INT64, []),
    ]),
  ]
  return copy
}
