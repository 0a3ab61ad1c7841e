import type {GraphProto, TensorProto} from '../onnx-ml_pb.js'
import {Scope} from './scope.js'

/** A scope that knows which values are a matrix of weights, transposed. */
export class TransposeScope extends Scope {
  /** What is transposed, by the name of the result. */
  readonly #sources: ReadonlyMap<string, string>

  constructor(
    graph: GraphProto,
    readonly around: TransposeScope | undefined,
  ) {
    super(graph, around)
    const transposes = graph.node.filter(({opType}) => opType === 'Transpose')
    // Of a matrix, any permutation but the one that changes nothing.
    const turning = transposes.filter(
      ({attribute}) => attribute.find(({name}) => name === 'perm')?.ints.join() !== '0,1',
    )
    this.#sources = new Map(turning.map(({input, output}) => [output[0] ?? '', input[0] ?? '']))
  }

  /** The weights that the value is the transpose of. */
  transposed(name: string): {readonly tensor: TensorProto; readonly owner: Scope} | undefined {
    const source = this.#sources.get(name)
    return source === undefined ? this.around?.transposed(name) : this.find(source)
  }
}
