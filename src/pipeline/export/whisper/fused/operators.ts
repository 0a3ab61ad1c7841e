import {type AttributeValue, GraphBuilder, type Value} from '../../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import {doubleTensor} from '../../../onnx/tensor.js'
import {MICROSOFT} from '../../fused-domains.js'
import type {GraphWeights} from '../../graph-weights.js'
import type {Scope} from '../../layers.js'

/** Type and dimensions of a value that leaves a subgraph. */
export interface Kind {
  readonly type: DataType
  readonly shape: readonly (number | string)[]
}

export const floatKind = (...shape: (number | string)[]): Kind => ({type: DataType.FLOAT, shape})
export const integerKind = (...shape: (number | string)[]): Kind => ({type: DataType.INT64, shape})
export const truthKind = (...shape: (number | string)[]): Kind => ({type: DataType.BOOL, shape})

type Branch = (operators: Operators) => readonly Value[]
type Attributes = Readonly<Record<string, AttributeValue | undefined>>

const LARGEST = Number.MAX_SAFE_INTEGER

/** ONNX's operators as functions of values, for formulas over a graph. Tensors broadcast as in NumPy. */
export class Operators implements Scope {
  constructor(
    readonly graph: GraphBuilder,
    readonly weights: GraphWeights,
  ) {}

  node(opType: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.graph.node(opType, inputs, {attributes})
  }

  /** One of ONNX Runtime's own operators. */
  microsoft(opType: string, inputs: readonly Value[], outputs: number, attributes: Attributes = {}): Value[] {
    return this.graph.nodes(opType, inputs, outputs, {domain: MICROSOFT, attributes})
  }

  add = (a: Value, b: Value) => this.node('Add', [a, b])
  subtract = (a: Value, b: Value) => this.node('Sub', [a, b])
  multiply = (a: Value, b: Value) => this.node('Mul', [a, b])
  divide = (a: Value, b: Value) => this.node('Div', [a, b])
  least = (a: Value, b: Value) => this.node('Min', [a, b])
  greatest = (...values: Value[]) => this.node('Max', values)
  equal = (a: Value, b: Value) => this.node('Equal', [a, b])
  less = (a: Value, b: Value) => this.node('Less', [a, b])
  greater = (a: Value, b: Value) => this.node('Greater', [a, b])
  atLeast = (a: Value, b: Value) => this.node('GreaterOrEqual', [a, b])
  atMost = (a: Value, b: Value) => this.node('LessOrEqual', [a, b])
  and = (a: Value, b: Value) => this.node('And', [a, b])
  or = (a: Value, b: Value) => this.node('Or', [a, b])
  not = (a: Value) => this.node('Not', [a])
  where = (condition: Value, yes: Value, no: Value) => this.node('Where', [condition, yes, no])
  same = (value: Value) => this.node('Identity', [value])

  float = (value: number) => this.weights.scalar(value)
  double = (value: number) => this.graph.constant(doubleTensor('double', [value], []))
  /** Without dimensions. */
  integer = (value: number) => this.weights.integer(value)
  integers = (...values: number[]) => this.weights.integers(values)

  toIntegers = (value: Value) => this.node('Cast', [value], {to: DataType.INT64})
  toDoubles = (value: Value) => this.node('Cast', [value], {to: DataType.DOUBLE})
  toTruth = (value: Value) => this.node('Cast', [value], {to: DataType.BOOL})

  /** The size of one dimension, [1]. */
  size = (value: Value, axis: number) => this.node('Shape', [value], {start: axis, end: axis + 1})
  /** [1] → []. */
  scalar = (value: Value) => this.node('Squeeze', [value])
  reshape = (value: Value, ...shape: number[]) => this.node('Reshape', [value, this.integers(...shape)])
  reshapeTo = (value: Value, shape: Value) => this.node('Reshape', [value, shape])
  transpose = (value: Value, ...perm: number[]) => this.node('Transpose', [value], {perm})
  unsqueeze = (value: Value, ...axes: number[]) => this.node('Unsqueeze', [value, this.integers(...axes)])
  concat = (values: readonly Value[], axis: number) => this.node('Concat', values, {axis})
  gather = (value: Value, indices: Value, axis = 0) => this.node('Gather', [value, indices], {axis})
  gatherElements = (value: Value, indices: Value, axis = 1) => this.node('GatherElements', [value, indices], {axis})
  softmax = (value: Value) => this.node('Softmax', [value], {axis: -1})
  expand = (value: Value, shape: Value) => this.node('Expand', [value, shape])

  /** `from` and `to` of shape [1]; by default to the end. */
  slice(value: Value, axis: number, from: Value, to: Value = this.integers(LARGEST)): Value {
    return this.node('Slice', [value, from, to, this.integers(axis)])
  }

  /** Pieces along `axis`; `sizes` [count]. */
  split(value: Value, axis: number, sizes: Value, count: number): Value[] {
    return this.graph.nodes('Split', [value, sizes], count, {attributes: {axis}})
  }

  /** The dimension stays, with size 1. */
  sum = (value: Value, axis: number) => this.node('ReduceSum', [value, this.integers(axis)], {keepdims: 1})
  cumulate = (value: Value, axis: number) => this.node('CumSum', [value, this.integer(axis)])
  /** 0 … end − 1, or from `start`; limits without dimensions. */
  range = (end: Value, start = this.integer(0)) => this.node('Range', [start, end, this.integer(1)])

  /** The `count` ([1]) largest values along `axis`, largest first, equal ones by index; and their indices. */
  largest(value: Value, count: Value, axis: number): {readonly values: Value; readonly indices: Value} {
    const [values = '', indices = ''] = this.graph.nodes('TopK', [value, count], 2, {attributes: {axis}})
    return {values, indices}
  }

  /** One of two subgraphs, by a truth value without dimensions. What they give must be made in them. */
  when(condition: Value, kinds: readonly Kind[], yes: Branch, no: Branch): Value[] {
    const attributes = {then_branch: this.#branch('then', kinds, yes), else_branch: this.#branch('else', kinds, no)}
    return this.graph.nodes('If', [condition], kinds.length, {attributes})
  }

  /** As {@link when}, for one value. */
  choose(
    condition: Value,
    kind: Kind,
    yes: (operators: Operators) => Value,
    no: (operators: Operators) => Value,
  ): Value {
    const [value = ''] = this.when(
      condition,
      [kind],
      inner => [yes(inner)],
      inner => [no(inner)],
    )
    return value
  }

  #branch(name: string, kinds: readonly Kind[], build: Branch) {
    const graph = new GraphBuilder(this.graph.unique(name), this.graph)
    const values = build(new Operators(graph, this.weights))
    for (const [index, {type, shape}] of kinds.entries()) graph.output(values[index] ?? '', type, shape)
    return graph.graph()
  }
}
