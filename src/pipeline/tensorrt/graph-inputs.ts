import {TensorProto_DataType as DataType, type GraphProto, type ModelProto} from '../onnx/onnx-ml_pb.js'
import {modelGraphs, modelTensors} from '../onnx/visit.js'

/** An input of a graph that has to be fed. */
export interface GraphInput {
  readonly name: string
  /** Sizes, or names of those that are known only at run time; empty names for sizes that have none. */
  readonly dimensions: readonly (number | string)[]
}

/** The inputs of the main graph without its initializers, which are inputs too in old models. */
export function graphInputs({graph}: ModelProto): GraphInput[] {
  const initializers = new Set(graph?.initializer.map(({name}) => name))
  return (graph?.input ?? [])
    .filter(({name}) => !initializers.has(name))
    .map(({name, type}) => {
      const shape = type?.value.case === 'tensorType' ? type.value.value.shape : undefined
      const dimensions = (shape?.dim ?? []).map(({value}) =>
        value.case === 'dimValue' ? Number(value.value) : (value.value ?? ''),
      )
      return {name, dimensions}
    })
}

/** What TensorRT has to be told of a model's numbers. */
export interface GraphTypes {
  /** QuantizeLinear and DequantizeLinear with ranges that are in the model. */
  readonly isQuantized: boolean
  readonly isHalf: boolean
}

export function graphTypes(proto: ModelProto): GraphTypes {
  let isQuantized = false
  for (const graph of modelGraphs(proto)) isQuantized ||= hasOperator(graph, 'DequantizeLinear')
  let isHalf = false
  for (const {dataType} of modelTensors(proto)) isHalf ||= dataType === DataType.FLOAT16
  return {isQuantized, isHalf}
}

export function hasOperator({node}: GraphProto, ...operators: readonly string[]): boolean {
  return node.some(({opType}) => operators.includes(opType))
}
