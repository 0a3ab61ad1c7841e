import {copyMessage} from '../../copy-message.js'
import {withGraph} from '../../map-graphs.js'
import type {Model, WeightSource} from '../../model.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../../onnx-ml_pb.js'
import {definitionsOf} from '../../outer-values.js'
import {weightTensor} from '../../tensor.js'
import {floatsOf, shapeOf} from '../../tensor-values.js'
import {modelGraphs} from '../../visit.js'
import type {NodeSelector} from '../select-nodes.js'
import {transpose} from '../transpose.js'
import {TransposeScope} from '../transpose-scope.js'

/**
 * Lets products read matrices that stand behind a Transpose, as PyTorch's exporter leaves them, as initializers of their
 * own. They are transposed when they are read.
 */
export function straightenWeights(model: Model, graph: GraphProto, isSelected: NodeSelector): Model {
  const scope = new TransposeScope(graph, undefined)
  const names = new Set([...modelGraphs(model.proto)].flatMap(one => [...definitionsOf(one)]))
  const straight = new Map<TensorProto, string>()
  const added: TensorProto[] = []
  const weights = new Map<string, WeightSource>()
  const add = (tensor: TensorProto): string => {
    let name = `${tensor.name}_transposed`
    for (let count = 1; names.has(name); count++) name = `${tensor.name}_transposed_${count}`
    names.add(name)
    const source = transposedSource(model, tensor)
    weights.set(name, source)
    added.push(weightTensor(name, DataType.FLOAT, shapeOf(tensor).reverse(), {key: name, source}))
    straight.set(tensor, name)
    return name
  }
  const node = graph.node.map(one => {
    if ((one.opType !== 'MatMul' && one.opType !== 'Gemm') || !isSelected(one)) return one
    const found = scope.transposed(one.input[1] ?? '')?.tensor
    if (found?.dataType !== DataType.FLOAT || found.dims.length !== 2) return one
    return withWeight(one, straight.get(found) ?? add(found))
  })
  if (added.length === 0) return model
  const copy = copyMessage(graph)
  copy.node = node
  copy.initializer = [...graph.initializer, ...added]
  return {proto: withGraph(model.proto, copy), weights: new Map([...model.weights, ...weights])}
}

function withWeight(node: NodeProto, weight: string): NodeProto {
  const copy = copyMessage(node)
  copy.input = node.input.map((name, index) => (index === 1 ? weight : name))
  return copy
}

function transposedSource(model: Model, tensor: TensorProto): WeightSource {
  const [rows = 0, columns = 0] = shapeOf(tensor)
  return {
    byteLength: 4 * rows * columns,
    async read(start, end) {
      const {buffer, byteOffset} = transpose(await floatsOf(model, tensor), rows, columns)
      return new Uint8Array(buffer, byteOffset + start, end - start)
    },
  }
}
