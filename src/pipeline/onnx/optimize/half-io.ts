import {copyMessage} from '../copy-message.js'
import {declaredType, halfInfo} from '../half-types.js'
import {withGraph} from '../map-graphs.js'
import type {Model} from '../model.js'
import {makeNode} from '../nodes.js'
import {TensorProto_DataType as DataType, type NodeProto, type ValueInfoProto} from '../onnx-ml_pb.js'
import {renameReads} from '../rename-reads.js'
import {uniqueNames} from '../unique-names.js'
import {removeNoOps} from './remove-no-ops.js'

/**
 * The float32 inputs and outputs of a model become float16, behind Casts; where the model computes in halves anyway, no
 * Cast is left. Names stay.
 */
export function halfInputsAndOutputs(model: Model): Model {
  const {graph} = model.proto
  if (graph === undefined) return model
  const unique = uniqueNames(model.proto)
  const initializers = new Set(graph.initializer.map(({name}) => name))
  const isFloat = (info: ValueInfoProto) => declaredType(info) === DataType.FLOAT && !initializers.has(info.name)
  const inputs = new Map(graph.input.filter(isFloat).map(({name}) => [name, unique(`${name}_float`)]))
  const outputs = new Map(graph.output.filter(isFloat).map(({name}) => [name, unique(`${name}_float`)]))
  const cast = (from: string, to: string, type: DataType): NodeProto =>
    makeNode('Cast', [from], [to], {name: `${from}_cast`, attributes: {to: type}})
  const copy = copyMessage(graph)
  const names = new Map([...outputs, ...inputs])
  copy.node = [
    ...[...inputs].map(([name, float]) => cast(name, float, DataType.FLOAT)),
    ...graph.node.map(node => {
      const renamed = renameReads(node, names)
      if (!node.output.some(name => outputs.has(name))) return renamed
      return Object.assign(copyMessage(renamed), {output: node.output.map(name => outputs.get(name) ?? name)})
    }),
    ...[...outputs].filter(([name]) => !inputs.has(name)).map(([name, float]) => cast(float, name, DataType.FLOAT16)),
  ]
  copy.input = graph.input.map(info => (inputs.has(info.name) ? halfInfo(info) : info))
  copy.output = graph.output.map(info => (outputs.has(info.name) ? halfInfo(info) : info))
  copy.valueInfo = graph.valueInfo.filter(({name}) => !outputs.has(name))
  return removeNoOps({...model, proto: withGraph(model.proto, copy)})
}
