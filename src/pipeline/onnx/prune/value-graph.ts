import type {ShapeTable, ValueShape} from '../infer-shapes.js'
import type {GraphProto, ModelProto, NodeProto, TensorProto} from '../onnx-ml_pb.js'

/** A value of a model: names stand for others in other graphs, values do not. */
export interface Value {
  readonly name: string
  readonly graph: GraphProto
  readonly shape: ValueShape | undefined
  /** Where it is a constant: an initializer, or what a Constant node makes. */
  readonly tensor: TensorProto | undefined
  readonly isGraphInput: boolean
  readonly maker: Operation | undefined
  /** Nodes that read it, in its own graph or below. */
  readonly readers: Set<Operation>
  /** Which outputs of its own graph it is. */
  readonly outputs: number[]
}

/** A node, with values for names. */
export interface Operation {
  readonly node: NodeProto
  readonly graph: GraphProto
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly (Value | undefined)[]
  /** The outputs of its branches (`If`); those of other bodies are not followed. */
  readonly branches: readonly (readonly Value[])[]
}

export interface ValueGraph {
  readonly operations: readonly Operation[]
  /** The node that has a graph for a branch or a body; the main graph has none. */
  readonly owners: ReadonlyMap<GraphProto, Operation>
}

type MutableValue = {-readonly [key in keyof Value]: Value[key]}

/** Who makes and who reads what, across all graphs of a model. */
export function buildValueGraph({graph}: ModelProto, shapes: ShapeTable): ValueGraph {
  const operations: Operation[] = []
  const owners = new Map<GraphProto, Operation>()

  function visit(inner: GraphProto, outer: Names | undefined): readonly Value[] {
    const names = new Names(inner, shapes, outer)
    for (const node of inner.node) {
      const inputs = node.input.map(name => (name === '' ? undefined : names.find(name)))
      const branches: (readonly Value[])[] = []
      const outputs: (Value | undefined)[] = []
      const operation: Operation = {node, graph: inner, inputs, outputs, branches}
      for (const {g} of node.attribute) {
        if (g === undefined) continue
        owners.set(g, operation)
        branches.push(visit(g, names))
      }
      for (const name of node.output) outputs.push(name === '' ? undefined : names.make(name, operation))
      for (const input of inputs) input?.readers.add(operation)
      operations.push(operation)
    }
    return inner.output.map(({name}, index) => {
      const value = names.find(name) ?? names.make(name, undefined)
      if (value.graph === inner) value.outputs.push(index)
      return value
    })
  }
  if (graph !== undefined) visit(graph, undefined)
  return {operations, owners}
}

/** The values of a graph under way, and those around it. */
class Names {
  readonly #values = new Map<string, MutableValue>()
  readonly #graph: GraphProto
  readonly #shapes: ShapeTable
  readonly #outer: Names | undefined

  constructor(graph: GraphProto, shapes: ShapeTable, outer: Names | undefined) {
    this.#graph = graph
    this.#shapes = shapes
    this.#outer = outer
    for (const {name} of graph.input) this.make(name, undefined).isGraphInput = true
    for (const tensor of graph.initializer) this.make(tensor.name, undefined).tensor = tensor
  }

  find(name: string): MutableValue | undefined {
    return this.#values.get(name) ?? this.#outer?.find(name)
  }

  make(name: string, maker: Operation | undefined): MutableValue {
    const constant =
      maker?.node.opType === 'Constant' ? maker.node.attribute.find(({t}) => t !== undefined)?.t : undefined
    const value: MutableValue = {
      name,
      graph: this.#graph,
      shape: this.#shapes.get(this.#graph)?.get(name),
      tensor: constant,
      isGraphInput: false,
      maker,
      readers: new Set(),
      outputs: [],
    }
    this.#values.set(name, value)
    return value
  }
}

/** The known size of a dimension, counted from the end (the last is 1). */
export function sizeFromEnd({shape}: Value, fromEnd: number): number | undefined {
  const size = shape?.dims?.at(-fromEnd)
  return typeof size === 'number' ? size : undefined
}

export const rankOf = ({shape}: Value): number | undefined => shape?.dims?.length
