import {create} from '@bufbuild/protobuf'
import type {Model, WeightSource} from './model.js'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx-ml_pb.js'
import {outerValues} from './outer-values.js'
import {weightTensor} from './tensor.js'
import {subgraphsOf} from './visit.js'

/** The name of a value in a graph; empty for an optional input that is left out. */
export type Value = string

/** A size, or the name of one that is known only at run time. */
export type Dimension = number | string

/** A float attribute; a plain number is an integer one. */
export class Float {
  constructor(readonly value: number) {}
}

export type AttributeValue = number | Float | string | readonly number[] | TensorProto | GraphProto

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>> | undefined
  /** Default: ONNX's own operators. */
  readonly domain?: string | undefined
  /** Default: made from the operator. */
  readonly name?: string | undefined
  /** Indices of outputs that are left out. */
  readonly unused?: readonly number[] | undefined
}

export interface BuildOptions {
  readonly opset: number
  /** Versions of further domains, such as `{'com.microsoft': 1}`. */
  readonly domains?: Readonly<Record<string, number>> | undefined
  /** Default: the least that the opset asks for. */
  readonly irVersion?: number | undefined
  readonly producer?: {readonly name: string; readonly version: string} | undefined
}

/** ONNX's versions table: the IR that came with each opset. */
const irVersionOf = (opset: number): number => (opset >= 23 ? 11 : opset >= 21 ? 10 : opset >= 19 ? 9 : 8)

/**
 * Builds a graph, node by node, in the order of execution. A builder of a subgraph (`If`, `Loop`) may use the values of
 * the outer one; give it the outer builder as `outer`, so that names stay unique in the whole model.
 */
export class GraphBuilder {
  readonly #name: string
  readonly #graph: GraphProto
  readonly #names: Map<string, number>
  readonly #weights: Map<string, WeightSource>
  /** What values are called that were renamed on their way out. */
  readonly #renamed: Map<Value, Value>

  constructor(name: string, outer?: GraphBuilder) {
    this.#name = name
    this.#graph = create(GraphProtoSchema, {name})
    this.#names = outer === undefined ? new Map() : outer.#names
    this.#weights = outer === undefined ? new Map() : outer.#weights
    this.#renamed = outer === undefined ? new Map() : outer.#renamed
  }

  /** A name that nothing else in the model has: `wanted`, or `wanted_1`, `wanted_2` … */
  unique(wanted: string): string {
    const count = this.#names.get(wanted)
    this.#names.set(wanted, (count ?? 0) + 1)
    return count === undefined ? wanted : this.unique(`${wanted}_${count}`)
  }

  input(name: string, type: DataType, shape: readonly Dimension[]): Value {
    this.#graph.input.push(tensorInfo(this.unique(name), type, shape))
    return name
  }

  /** Lets `value` leave the graph; as `name` where one is given. */
  output(value: Value, type: DataType, shape: readonly Dimension[], name?: string): void {
    const known = this.#current(value)
    const shown = name === undefined || name === known ? known : this.#rename(known, name)
    this.#graph.output.push(tensorInfo(shown, type, shape))
  }

  /**
   * The node that makes a value calls it otherwise, and so do those that read it: ONNX Runtime would copy what goes through
   * an Identity node. One is added where a value is an input, has left the graph already, or is read inside a subgraph.
   */
  #rename(value: Value, name: string): string {
    const unique = this.unique(name)
    const maker = this.#graph.node.find(({output}) => output.includes(value))
    const within = this.#graph.node.some(node => [...subgraphsOf(node)].some(graph => outerValues(graph).has(value)))
    const shown = this.#graph.output.some(output => output.name === value)
    if (maker === undefined || shown || within) {
      this.#graph.node.push(
        create(NodeProtoSchema, {opType: 'Identity', input: [value], output: [unique], name: unique}),
      )
      return unique
    }
    maker.output[maker.output.indexOf(value)] = unique
    for (const {input} of this.#graph.node)
      for (const [index, read] of input.entries()) if (read === value) input[index] = unique
    this.#renamed.set(value, unique)
    return unique
  }

  #current(value: Value): Value {
    return this.#renamed.get(value) ?? value
  }

  /** A small tensor, in the graph itself. */
  constant(tensor: TensorProto): Value {
    const name = this.unique(tensor.name)
    tensor.name = name
    this.#graph.initializer.push(tensor)
    return name
  }

  /** A large one, whose bytes are read when the model is written. */
  weight(
    name: string,
    type: DataType,
    shape: readonly number[],
    {key, source}: {readonly key: string; readonly source: WeightSource},
  ): Value {
    const unique = this.unique(name)
    this.#graph.initializer.push(weightTensor(unique, type, shape, {key, source}))
    this.#weights.set(key, source)
    return unique
  }

  /** A node with one output. */
  node(opType: string, inputs: readonly Value[], options: NodeOptions = {}): Value {
    const [value = ''] = this.nodes(opType, inputs, 1, options)
    return value
  }

  /** A node with several outputs. */
  nodes(opType: string, inputs: readonly Value[], outputs: number, options: NodeOptions = {}): Value[] {
    const name = this.unique(options.name ?? opType)
    const output = Array.from({length: outputs}, (_, index) =>
      options.unused?.includes(index) ? '' : this.unique(outputs === 1 ? `${name}_out` : `${name}_out${index}`),
    )
    const attribute = Object.entries(options.attributes ?? {}).flatMap(([key, value]) =>
      value === undefined ? [] : [toAttribute(key, value)],
    )
    const {domain = ''} = options
    this.#graph.node.push(
      create(NodeProtoSchema, {
        opType,
        name,
        input: inputs.map(input => this.#current(input)),
        output,
        attribute,
        domain,
      }),
    )
    return output
  }

  /** The graph of a subgraph's builder, to be given as an attribute. */
  graph(): GraphProto {
    return this.#graph
  }

  build({opset, domains = {}, irVersion = irVersionOf(opset), producer}: BuildOptions): Model {
    const versions = Object.entries({'': opset, ...domains})
    const proto = create(ModelProtoSchema, {
      irVersion: BigInt(irVersion),
      producerName: producer?.name ?? 'lingulu',
      producerVersion: producer?.version ?? '',
      opsetImport: versions.map(([domain, version]) =>
        create(OperatorSetIdProtoSchema, {domain, version: BigInt(version)}),
      ),
      graph: this.#graph,
    })
    return {proto, weights: this.#weights}
  }

  get name(): string {
    return this.#name
  }
}

/** The description of an input or an output. */
export function tensorInfo(name: string, type: DataType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map(size =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === 'number' ? {case: 'dimValue', value: BigInt(size)} : {case: 'dimParam', value: size},
    }),
  )
  const tensor = create(TypeProto_TensorSchema, {elemType: type, shape: create(TensorShapeProtoSchema, {dim})})
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {value: {case: 'tensorType', value: tensor}}),
  })
}

/** An attribute of a node. Integers unless {@link Float}; arrays are of integers. */
export function toAttribute(name: string, value: AttributeValue): AttributeProto {
  const make = (type: AttributeType, fields: Partial<AttributeProto>) =>
    create(AttributeProtoSchema, {name, type, ...fields} as Parameters<typeof create<typeof AttributeProtoSchema>>[1])
  if (typeof value === 'number') return make(AttributeType.INT, {i: BigInt(value)})
  if (typeof value === 'string') return make(AttributeType.STRING, {s: new TextEncoder().encode(value)})
  if (value instanceof Float) return make(AttributeType.FLOAT, {f: value.value})
  if (isTensor(value)) return make(AttributeType.TENSOR, {t: value})
  if (isGraph(value)) return make(AttributeType.GRAPH, {g: value})
  return make(AttributeType.INTS, {ints: value.map(BigInt)})
}

const isTensor = (value: object): value is TensorProto => '$typeName' in value && value.$typeName === 'onnx.TensorProto'
const isGraph = (value: object): value is GraphProto => '$typeName' in value && value.$typeName === 'onnx.GraphProto'
