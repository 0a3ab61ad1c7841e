import {copyMessage} from './copy-message.js'
import {halfTensor} from './half-tensor.js'
import {withGraph} from './map-graphs.js'
import type {Model, WeightSource} from './model.js'
import {makeNode} from './nodes.js'
import {TensorProto_DataType as DataType, type TensorProto} from './onnx-ml_pb.js'
import {definitionsOf} from './outer-values.js'
import {removeInitializerInputs} from './remove-initializer-inputs.js'
import {modelGraphs} from './visit.js'

/** Smaller tensors are not worth a Cast. */
const LEAST_ELEMENTS = 1024

/**
 * Stores the large float32 weights of the main graph as halves, behind Casts that ONNX Runtime carries out once, when it
 * loads the model. All else stays float32: half the file, the speed of float32 on CPUs, and sums of log-probabilities that
 * are not rounded to halves. Halves are made as by `convertToFloat16`, when the model is written.
 */
export function storeHalves(model: Model): Model {
  const {graph} = model.proto
  if (graph === undefined) return model
  const names = new Set([...modelGraphs(model.proto)].flatMap(one => [...definitionsOf(one)]))
  const shown = new Set(graph.output.map(({name}) => name))
  const weights = new Map<string, WeightSource>(model.weights)
  const isLarge = ({name, dataType, dims}: TensorProto) =>
    dataType === DataType.FLOAT &&
    !shown.has(name) &&
    dims.reduce((product, size) => product * size, 1n) >= LEAST_ELEMENTS
  const casts = []
  const initializers = []
  for (const tensor of graph.initializer) {
    if (!isLarge(tensor)) {
      initializers.push(tensor)
      continue
    }
    const half = halfTensor(tensor, model.weights, weights)
    half.name = uniqueName(`${tensor.name}_fp16`, names)
    initializers.push(half)
    casts.push(
      makeNode('Cast', [half.name], [tensor.name], {name: `${half.name}_cast`, attributes: {to: DataType.FLOAT}}),
    )
  }
  const copy = copyMessage(graph)
  copy.initializer = initializers
  copy.node = [...casts, ...graph.node]
  return removeInitializerInputs({proto: withGraph(model.proto, copy), weights}, graph)
}

function uniqueName(wanted: string, names: Set<string>): string {
  let name = wanted
  for (let count = 1; names.has(name); count++) name = `${wanted}_${count}`
  names.add(name)
  return name
}
