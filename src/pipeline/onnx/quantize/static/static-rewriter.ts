import {copyMessage} from '../../copy-message.js'
import {type Model, memorySource, type WeightSource} from '../../model.js'
import {makeNode} from '../../nodes.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../../onnx-ml_pb.js'
import {definitionsOf} from '../../outer-values.js'
import {bytesTensor, floatTensor, int32Tensor, weightTensor} from '../../tensor.js'
import {floatsOf, shapeOf} from '../../tensor-values.js'
import {modelGraphs} from '../../visit.js'
import {type IntegerType, quantizeWith, type TensorParameters} from '../affine.js'
import {finite} from '../finite.js'
import type {QuantizedBias} from './bias-scales.js'
import type {Marks} from './marks.js'

const DATA_TYPES = {int8: DataType.INT8, uint8: DataType.UINT8} as const

/** Scales and zero points in the graph. */
export interface Parameters extends TensorParameters {
  readonly scale: string
  readonly zeroPoint: string
  readonly type: IntegerType
  readonly axis?: number | undefined
}

/** Puts QuantizeLinear and DequantizeLinear around the tensors of a main graph. */
export class StaticRewriter {
  readonly weights = new Map<string, WeightSource>()
  readonly #added: TensorProto[] = []
  /** Before all other nodes. */
  readonly #head: NodeProto[] = []
  /** After the node that makes a value. */
  readonly #after = new Map<string, NodeProto[]>()
  /** What is read instead of a value. */
  readonly #read = new Map<string, string>()
  /** What is made instead of a value. */
  readonly #made = new Map<string, string>()
  readonly #biases = new Map<NodeProto, string>()
  readonly #names: Set<string>
  /** Of nodes, which ONNX Runtime wants to be unique too. */
  readonly #nodeNames: Set<string>
  readonly #makers: ReadonlySet<string>
  readonly #outputs: ReadonlySet<string>

  constructor(
    readonly model: Model,
    readonly graph: GraphProto,
    readonly marks: Marks,
  ) {
    this.#names = new Set([...modelGraphs(model.proto)].flatMap(one => [...definitionsOf(one)]))
    this.#nodeNames = new Set([...modelGraphs(model.proto)].flatMap(({node}) => node.map(({name}) => name)))
    this.#makers = new Set(graph.node.flatMap(({output}) => output))
    this.#outputs = new Set(graph.output.map(({name}) => name))
  }

  /** Adds scales and zero points for a tensor. */
  parameters(name: string, values: TensorParameters, type: IntegerType, axis?: number): Parameters {
    const shape = axis === undefined ? [] : [values.scales.length]
    const scale = this.#unique(`${name}_scale`)
    const zeroPoint = this.#unique(`${name}_zero_point`)
    this.#added.push(
      floatTensor(scale, values.scales, shape),
      bytesTensor(zeroPoint, DATA_TYPES[type], shape, values.zeroPoints),
    )
    return {...values, scale, zeroPoint, type, axis}
  }

  /** Lets an initializer be integers, or floats behind a pair of nodes. */
  async weight(tensor: TensorProto, parameters: Parameters, asPair: boolean): Promise<void> {
    const {name} = tensor
    const output = this.#unique(`${name}_DequantizeLinear_Output`)
    const integers = asPair ? this.#quantize(name, name, parameters, this.#head) : await this.#store(tensor, parameters)
    this.#head.push(this.#dequantizer(name, integers, output, parameters))
    this.#read.set(name, output)
  }

  /** Lets an activation become integers and floats again, for all that read it in the main graph. */
  activation(name: string, parameters: Parameters): void {
    const isMade = this.#makers.has(name)
    const nodes = isMade ? this.#nodesAfter(name) : this.#head
    let input = name
    let output = this.#unique(`${name}_DequantizeLinear_Output`)
    if (isMade && this.#outputs.has(name)) {
      input = this.#unique(`${name}_QuantizeLinear_Input`)
      output = name
      this.#made.set(name, input)
    } else this.#read.set(name, output)
    const integers = this.#quantize(name, input, parameters, nodes)
    nodes.push(this.#dequantizer(name, integers, output, parameters))
  }

  /** Gives a node a bias of its own, in integers. */
  bias(node: NodeProto, tensor: TensorProto, {values, scales}: QuantizedBias): void {
    const name = `${tensor.name}_quantized`
    const integers = this.#unique(name)
    const shape = scales.length === 1 ? [] : [scales.length]
    const scale = this.#unique(`${name}_scale`)
    const zeroPoint = this.#unique(`${name}_zero_point`)
    const output = this.#unique(`${tensor.name}_DequantizeLinear_Output`)
    this.#added.push(
      int32Tensor(integers, [...values], shapeOf(tensor)),
      floatTensor(scale, scales, shape),
      int32Tensor(zeroPoint, [...scales].fill(0), shape),
    )
    const axis = scales.length === 1 ? undefined : 0
    this.#head.push(this.#dequantizer(tensor.name, integers, output, {scale, zeroPoint, axis}))
    this.#biases.set(node, output)
  }

  finish(): GraphProto {
    const nodes = [...this.#head]
    for (const node of this.graph.node) {
      if (this.marks.removed.has(node)) continue
      const changed = this.#change(node)
      nodes.push(changed)
      for (const name of node.output) nodes.push(...(this.#after.get(this.#renamed(name)) ?? []))
    }
    const copy = copyMessage(this.graph)
    copy.node = nodes
    copy.initializer = [...this.graph.initializer, ...this.#added]
    return copy
  }

  #change(node: NodeProto): NodeProto {
    const copy = copyMessage(node)
    const bias = this.#biases.get(node)
    copy.input = node.input.map((name, index) =>
      index === 2 && bias !== undefined ? bias : (this.#read.get(name) ?? name),
    )
    copy.output = node.output.map(name => this.#made.get(this.#renamed(name)) ?? this.#renamed(name))
    // The factor is in the integers of the bias.
    if (bias !== undefined) copy.attribute = node.attribute.filter(({name}) => name !== 'beta')
    return copy
  }

  #renamed(name: string): string {
    const next = this.marks.renamed.get(name)
    return next === undefined ? name : this.#renamed(next)
  }

  #nodesAfter(name: string): NodeProto[] {
    const nodes = this.#after.get(name) ?? []
    this.#after.set(name, nodes)
    return nodes
  }

  #quantize(name: string, input: string, {scale, zeroPoint, axis}: Parameters, nodes: NodeProto[]): string {
    const output = this.#unique(`${name}_QuantizeLinear_Output`)
    const parts = {
      name: unique(`${name}_QuantizeLinear`, this.#nodeNames),
      attributes: axis === undefined ? {} : {axis},
    }
    nodes.push(makeNode('QuantizeLinear', [input, scale, zeroPoint], [output], parts))
    return output
  }

  async #store(tensor: TensorProto, parameters: Parameters): Promise<string> {
    const name = this.#unique(`${tensor.name}_quantized`)
    const values = await floatsOf(this.model, tensor)
    const integers = finite(tensor, () => quantizeWith(values, shapeOf(tensor), parameters))
    const source = memorySource(integers)
    this.weights.set(name, source)
    this.#added.push(weightTensor(name, DATA_TYPES[parameters.type], shapeOf(tensor), {key: name, source}))
    return name
  }

  #dequantizer(
    name: string,
    input: string,
    output: string,
    {scale, zeroPoint, axis}: Pick<Parameters, 'scale' | 'zeroPoint' | 'axis'>,
  ): NodeProto {
    const parts = {
      name: unique(`${name}_DequantizeLinear`, this.#nodeNames),
      attributes: axis === undefined ? {} : {axis},
    }
    return makeNode('DequantizeLinear', [input, scale, zeroPoint], [output], parts)
  }

  #unique(wanted: string): string {
    return unique(wanted, this.#names)
  }
}

function unique(wanted: string, names: Set<string>): string {
  let name = wanted
  for (let count = 1; names.has(name); count++) name = `${wanted}_${count}`
  names.add(name)
  return name
}
