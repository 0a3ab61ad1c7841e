import type {GraphProto, TensorProto} from '../onnx-ml_pb.js'

/** A graph being rewritten, and the graphs around it, whose values its nodes may read. */
export class Scope {
  readonly #initializers: ReadonlyMap<string, TensorProto>
  /** Initializers that the rewriting brings into this graph. */
  readonly added: TensorProto[] = []

  constructor(
    graph: GraphProto,
    readonly outer: Scope | undefined,
  ) {
    this.#initializers = new Map(graph.initializer.map(tensor => [tensor.name, tensor]))
  }

  /** The initializer of that name that is seen from here, and the scope of the graph that has it. */
  find(name: string): {readonly tensor: TensorProto; readonly owner: Scope} | undefined {
    const tensor = this.#initializers.get(name)
    return tensor === undefined ? this.outer?.find(name) : {tensor, owner: this}
  }
}
