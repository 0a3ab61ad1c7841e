import {create} from '@bufbuild/protobuf'
import {copyMessage} from '../../copy-message.js'
import {tensorInfo} from '../../graph-builder.js'
import {withGraph} from '../../map-graphs.js'
import type {Model} from '../../model.js'
import {makeNode} from '../../nodes.js'
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../../onnx-ml_pb.js'
import {definitionsOf} from '../../outer-values.js'
import {removeUnused} from '../../remove-unused.js'
import {floatTensor, int64Tensor} from '../../tensor.js'
import {modelGraphs} from '../../visit.js'

/** A model that gives values of its inside, and the names under which it does. */
export interface CalibrationModel {
  readonly model: Model
  /** The name of the output for each tensor. */
  readonly outputs: ReadonlyMap<string, string>
}

/** A model whose outputs are float tensors of its main graph, and nothing else. Nodes that they do not need are left out. */
export function withCalibrationOutputs(model: Model, tensors: readonly string[]): CalibrationModel {
  return withOutputs(model, tensors, (tensor, unique) => {
    const name = unique(`${tensor}_calibration`)
    return {nodes: [makeNode('Identity', [tensor], [name], {name})], output: floatsOfAnyShape(name)}
  })
}

/**
 * A model that gives four numbers for each float tensor: its least and greatest value, 0 (NaN if any is not finite), and
 * how many values it has. Its memory does not grow with what they would take together.
 */
export function withRangeOutputs(model: Model, tensors: readonly string[]): CalibrationModel {
  const zero = floatTensor('calibration_zero', [0], [])
  const flat = int64Tensor('calibration_flat', [-1])
  return withOutputs(
    model,
    tensors,
    (tensor, unique) => {
      const part = (name: string) => unique(`${tensor}_calibration_${name}`)
      const [least, greatest, zeros] = [part('min'), part('max'), part('zeros')]
      const [sum, size, count] = [part('sum'), part('size'), part('count')]
      const parts = [least, greatest, sum, count].map(scalar => ({scalar, flat: unique(`${scalar}_flat`)}))
      const name = unique(`${tensor}_calibration`)
      const nodes = [
        makeNode('ReduceMin', [tensor], [least], {name: least}),
        makeNode('ReduceMax', [tensor], [greatest], {name: greatest}),
        makeNode('Mul', [tensor, zero.name], [zeros], {name: zeros}),
        makeNode('ReduceSum', [zeros], [sum], {name: sum}),
        makeNode('Size', [tensor], [size], {name: size}),
        makeNode('Cast', [size], [count], {name: count, attributes: {to: DataType.FLOAT}}),
        ...parts.map(one => makeNode('Reshape', [one.scalar, flat.name], [one.flat], {name: one.flat})),
        makeNode(
          'Concat',
          parts.map(one => one.flat),
          [name],
          {name, attributes: {axis: 0}},
        ),
      ]
      return {nodes, output: tensorInfo(name, DataType.FLOAT, ['parts'])}
    },
    [zero, flat],
  )
}

interface Made {
  readonly nodes: readonly NodeProto[]
  readonly output: ValueInfoProto
}

function withOutputs(
  model: Model,
  tensors: readonly string[],
  make: (tensor: string, unique: (wanted: string) => string) => Made,
  initializers: readonly TensorProto[] = [],
): CalibrationModel {
  const {graph} = model.proto
  if (graph === undefined) return {model, outputs: new Map()}
  const names = new Set([...modelGraphs(model.proto)].flatMap(one => [...definitionsOf(one)]))
  const unique = (wanted: string): string => {
    let name = wanted
    for (let count = 1; names.has(name); count++) name = `${wanted}_${count}`
    names.add(name)
    return name
  }
  for (const tensor of initializers) tensor.name = unique(tensor.name)
  const made = tensors.map(tensor => make(tensor, unique))
  const copy: GraphProto = copyMessage(graph)
  // Each right after its tensor, so that the tensor need not be kept to the end.
  const after = new Map(tensors.map((tensor, index) => [tensor, made[index]?.nodes ?? []]))
  const own = graph.node.flatMap(node => [node, ...node.output.flatMap(name => after.get(name) ?? [])])
  const placed = new Set(own)
  copy.node = [...made.flatMap(({nodes}) => nodes.filter(node => !placed.has(node))), ...own]
  copy.initializer = [...graph.initializer, ...initializers]
  copy.output = made.map(({output}) => output)
  const outputs = new Map(tensors.map((tensor, index) => [tensor, made[index]?.output.name ?? '']))
  return {model: removeUnused({...model, proto: withGraph(model.proto, copy)}), outputs}
}

function floatsOfAnyShape(name: string): ValueInfoProto {
  const value = create(TypeProto_TensorSchema, {elemType: DataType.FLOAT})
  return create(ValueInfoProtoSchema, {name, type: create(TypeProtoSchema, {value: {case: 'tensorType', value}})})
}
