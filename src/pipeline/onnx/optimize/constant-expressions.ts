import type {ShapeTable, ValueShape} from '../infer-shapes.js'
import {type Model, weightKey} from '../model.js'
import {integerAttribute} from '../nodes.js'
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  TensorProto_DataLocation as Location,
  type NodeProto,
  type TensorProto,
} from '../onnx-ml_pb.js'
import {int64Tensor} from '../tensor.js'
import {subgraphsOf} from '../visit.js'
import {constantOf} from './constant-node.js'
import {isPure, operationKey} from './pure-nodes.js'

/** What is known before the model runs: a tensor, or an output of an expression over such. */
export type Constant =
  | {readonly tensor: TensorProto; readonly key: string}
  | {readonly expression: Expression; readonly output: number; readonly key: string}

/** Nodes of one meaning, in whatever graphs: they are evaluated once. */
export interface Expression {
  readonly node: NodeProto
  readonly inputs: readonly (Constant | undefined)[]
  readonly nodes: Set<NodeProto>
  /** Outputs that are read by what is not constant, or that leave a graph. */
  readonly needed: Set<number>
  /** As inference has them; undefined where nothing is known. */
  readonly shapes: readonly (ValueShape | undefined)[]
}

export interface ConstantExpressions {
  readonly expressions: ReadonlyMap<string, Expression>
  /** What each value of a graph is, by name; only constants. */
  readonly constants: ReadonlyMap<GraphProto, ReadonlyMap<string, Constant>>
  /** Nodes that read a tensor and cannot be folded themselves. */
  readonly otherReaders: ReadonlySet<string>
}

/** They stand for integers with a scale; as floats they would take four times the space. */
const KEPT = new Set(['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'])

/** Finds what does not depend on the inputs of a model, in all its graphs. */
export function findConstantExpressions({proto}: Pick<Model, 'proto'>, shapes: ShapeTable): ConstantExpressions {
  const finder = new Finder(shapes)
  if (proto.graph !== undefined) finder.visit(proto.graph, {constant: () => undefined, shape: () => undefined})
  return finder
}

class Finder implements ConstantExpressions {
  readonly expressions = new Map<string, Expression>()
  readonly constants = new Map<GraphProto, Map<string, Constant>>()
  readonly otherReaders = new Set<string>()
  readonly #shapes: ShapeTable
  readonly #ids = new Map<unknown, number>()

  constructor(shapes: ShapeTable) {
    this.#shapes = shapes
  }

  visit(graph: GraphProto, outer: Surroundings): void {
    const own = new Map<string, Constant>()
    this.constants.set(graph, own)
    const inputs = new Set(graph.input.map(({name}) => name))
    for (const tensor of graph.initializer)
      if (!inputs.has(tensor.name)) own.set(tensor.name, {tensor, key: this.#tensorKey(tensor)})
    const find = (name: string) => own.get(name) ?? outer.constant(name)
    const shapeOf = (name: string) => this.#shapes.get(graph)?.get(name) ?? outer.shape(name)
    for (const node of graph.node) {
      const constants = node.input.map(name => (name === '' ? undefined : find(name)))
      const shape = shapeConstant(node, shapeOf(node.input[0] ?? '')?.dims)
      if (shape !== undefined) own.set(node.output[0] ?? '', shape)
      else if (this.#isFoldable(node, constants)) this.#add(node, graph, constants, own)
      else for (const constant of constants) this.#need(constant)
      for (const inner of subgraphsOf(node)) this.visit(inner, {constant: find, shape: shapeOf})
    }
    for (const {name} of graph.output) this.#need(find(name))
  }

  #isFoldable(node: NodeProto, inputs: readonly (Constant | undefined)[]): boolean {
    if (node.opType === 'Constant') return constantOf(node) !== undefined
    const isPlain = node.domain === '' || node.domain === 'ai.onnx'
    const all = node.input.length > 0 && inputs.every((input, index) => input !== undefined || node.input[index] === '')
    return isPlain && all && isPure(node) && !KEPT.has(node.opType)
  }

  #add(
    node: NodeProto,
    graph: GraphProto,
    inputs: readonly (Constant | undefined)[],
    own: Map<string, Constant>,
  ): void {
    const tensor = node.opType === 'Constant' ? constantOf(node) : undefined
    if (tensor !== undefined) {
      own.set(node.output[0] ?? '', {tensor, key: this.#tensorKey(tensor)})
      return
    }
    const key = `${operationKey(node)}(${inputs.map(input => input?.key ?? '').join()})`
    const id = this.#id(key)
    const shapes = node.output.map(name => this.#shapes.get(graph)?.get(name))
    const expression = this.expressions.get(id) ?? {node, inputs, nodes: new Set(), needed: new Set(), shapes}
    this.expressions.set(id, expression)
    expression.nodes.add(node)
    for (const [output, name] of node.output.entries()) own.set(name, {expression, output, key: `${id}.${output}`})
  }

  #need(constant: Constant | undefined): void {
    if (constant === undefined) return
    if ('tensor' in constant) this.otherReaders.add(constant.key)
    else constant.expression.needed.add(constant.output)
  }

  #tensorKey(tensor: TensorProto): string {
    const bytes = tensor.dataLocation === Location.EXTERNAL ? weightKey(tensor) : undefined
    return `t${this.#id(bytes === undefined ? tensor : `${DataType[tensor.dataType]}:${tensor.dims}:${bytes}`)}`
  }

  #id(thing: unknown): string {
    const known = this.#ids.get(thing) ?? this.#ids.size
    this.#ids.set(thing, known)
    return String(known)
  }
}

/** What a node of a graph below sees of those around it. */
interface Surroundings {
  readonly constant: (name: string) => Constant | undefined
  readonly shape: (name: string) => ValueShape | undefined
}

/** The shape of what has only sizes that are known. */
function shapeConstant(node: NodeProto, dims: ValueShape['dims']): Constant | undefined {
  if ((node.opType !== 'Shape' && node.opType !== 'Size') || node.domain !== '' || dims === undefined) return undefined
  const isShape = node.opType === 'Shape'
  const wanted = isShape
    ? dims.slice(integerAttribute(node, 'start', 0), integerAttribute(node, 'end', dims.length))
    : dims
  const sizes = wanted.filter(size => typeof size === 'number')
  if (sizes.length < wanted.length) return undefined
  const values = isShape ? sizes : [sizes.reduce((product, size) => product * size, 1)]
  const tensor = int64Tensor(node.output[0] ?? '', values, isShape ? [values.length] : [])
  return {tensor, key: `shape:${values}:${node.opType}`}
}
