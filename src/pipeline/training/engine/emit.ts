import {Float, type GraphBuilder, type NodeOptions, type Value} from '../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {floatTensor, int64Tensor} from '../../onnx/tensor.js'
import {elementsOf} from './shape.js'
import type {Elementwise, Operation, OperationOf, Variable} from './variable.js'

/** Operators of ONNX with one input or two that broadcast. */
const PLAIN: Readonly<Record<Elementwise, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  erf: 'Erf',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
}

const MICROSOFT = 'com.microsoft'

/** What a node is made of: an operation, and the values of its inputs. */
interface Context<Type extends Operation['type']> {
  readonly operation: OperationOf<Type>
  readonly inputs: readonly Value[]
  readonly variable: Variable
  /** Adds a node with one output. */
  readonly node: (opType: string, inputs: readonly Value[], attributes?: NodeOptions['attributes']) => Value[]
  readonly integers: (values: readonly number[]) => Value
  readonly graph: GraphBuilder
  /** Only operators of ONNX itself. */
  readonly standard: boolean
}

const EMITTERS: {readonly [Type in Operation['type']]?: (context: Context<Type>) => Value[]} = {
  constant: ({graph, operation: {values}, variable: {shape}}) => [
    graph.constant(floatTensor('constant', values, numbers(shape))),
  ],
  silu: ({node, inputs}) => node('Mul', inputs),
  depthwise,
  depthwiseWeight,
  softmax: ({node, inputs}) => node('Softmax', inputs, {axis: -1}),
  logSoftmax: ({node, inputs}) => node('LogSoftmax', inputs, {axis: -1}),
  gather: ({node, inputs}) => node('Gather', inputs),
  matMul,
  reshape: ({node, inputs, integers, operation: {shape}}) => node('Reshape', [...inputs, integers(shape)]),
  transpose: ({node, inputs, operation: {axes}}) => node('Transpose', inputs, {perm: axes}),
  slice: ({node, inputs, integers, operation: {axis, start, end}}) =>
    node('Slice', [
      ...inputs,
      integers([start]),
      integers([end === 0 ? Number.MAX_SAFE_INTEGER : end]),
      integers([axis]),
    ]),
  pad({node, inputs, integers, operation: {axis, before, after}, variable: {shape}}) {
    const amounts = new Array<number>(2 * shape.length).fill(0)
    amounts[axis] = before
    amounts[shape.length + axis] = after
    return node('Pad', [...inputs, integers(amounts)])
  },
  concatenate: ({node, inputs, operation: {axis}}) => node('Concat', inputs, {axis}),
  sum: ({node, inputs, integers, operation: {axes, keepAxes}}) =>
    node('ReduceSum', [...inputs, integers(axes)], {keepdims: Number(keepAxes)}),
  mean: ({node, inputs, integers, operation: {axes, keepAxes}}) =>
    node('ReduceMean', [...inputs, integers(axes)], {keepdims: Number(keepAxes)}),
  layerNorm: ({graph, inputs, operation: {epsilon}}) =>
    graph.nodes('LayerNormalization', inputs, 3, {attributes: {axis: -1, epsilon: new Float(epsilon)}}),
  sizes: ({node, inputs}) => node('Shape', inputs),
  reshapeLike: ({node, inputs}) => node('Reshape', inputs),
  expandLike: ({node, inputs}) => node('Expand', inputs),
  unsqueeze: ({node, inputs, integers, operation: {axes}}) => node('Unsqueeze', [...inputs, integers(axes)]),
  count({node, inputs, integers, operation: {axes}}) {
    const product = node('ReduceProd', node('Gather', [...inputs, integers(axes)]), {keepdims: 0})
    return node('Cast', product, {to: DataType.FLOAT})
  },
  positive({node, graph, inputs}) {
    const above = node('Greater', [...inputs, graph.constant(floatTensor('zero', [0], []))])
    return node('Cast', above, {to: DataType.FLOAT})
  },
  scatterRows,
  dropoutMask,
  pick({node, inputs: [x = '', ids = ''], integers}) {
    const last = node('Unsqueeze', [ids, integers([-1])])
    return node('Squeeze', [...node('GatherElements', [x, ...last], {axis: -1}), integers([-1])])
  },
  place({node, inputs: [ids = '', values = ''], integers, operation: {width}}) {
    const shape = node('Concat', [...node('Shape', [ids]), integers([width])], {axis: 0})
    const last = (value: Value) => node('Unsqueeze', [value, integers([-1])])
    return node('ScatterElements', [...node('ConstantOfShape', shape), ...last(ids), ...last(values)], {axis: -1})
  },
}

/** Adds the nodes that compute a variable of the values of its inputs. All its outputs, the first one its value. */
export function emit(
  graph: GraphBuilder,
  variable: Variable,
  inputs: readonly Value[],
  {standard}: {readonly standard: boolean},
): Value[] {
  const {operation} = variable
  const node: Context<'gather'>['node'] = (opType, values, attributes = {}) => [
    graph.node(opType, values, {attributes}),
  ]
  const integers = (values: readonly number[]) => graph.constant(int64Tensor('sizes', values))
  if (operation.type in PLAIN) return node(PLAIN[operation.type as Elementwise], inputs)
  // The table has for each type the emitter of just that type.
  const emitter = EMITTERS[operation.type] as ((context: Context<Operation['type']>) => Value[]) | undefined
  if (emitter === undefined) throw new RangeError(`${operation.type} is no node of a graph.`)
  return emitter({operation, inputs, variable, node, integers, graph, standard})
}

/** Plain where nothing is transposed: ONNX Runtime's FusedMatMul transposes as it multiplies. */
function matMul({graph, node, operation, inputs, variable, standard}: Context<'matMul'>): Value[] {
  const {transposeA, transposeB} = operation
  if (!transposeA && !transposeB) return node('MatMul', inputs)
  if (standard) {
    const flags = [transposeA, transposeB]
    const turned = inputs.map((input, side) => {
      const rank = variable.inputs[side]?.shape.length ?? 0
      const perm = Array.from({length: rank}, (_, axis) => axis)
      if (flags[side]) perm.push(...perm.splice(-2).reverse())
      return flags[side] ? node('Transpose', [input], {perm}) : [input]
    })
    return node('MatMul', turned.flat())
  }
  const attributes = {transA: Number(transposeA), transB: Number(transposeB)}
  return [graph.node('FusedMatMul', inputs, {domain: MICROSOFT, attributes})]
}

/** A convolution with as many groups as channels, which stand before time there. */
function depthwise({
  node,
  integers,
  operation: {turned},
  inputs: [x = '', weight = ''],
  variable,
}: Context<'depthwise'>) {
  const kernel = Number(variable.inputs[1]?.shape[0])
  const channels = Number(variable.shape[2])
  const rows = node('Unsqueeze', [...node('Transpose', [weight], {perm: [1, 0]}), integers([1])])
  const taps = turned ? node('Slice', [...rows, ...[-1, -kernel - 1, 2, -1].map(value => integers([value]))]) : rows
  const half = (kernel - 1) / 2
  const convolved = node('Conv', [...node('Transpose', [x], {perm: [0, 2, 1]}), ...taps], {
    group: channels,
    kernel_shape: [kernel],
    pads: [half, half],
  })
  return node('Transpose', convolved, {perm: [0, 2, 1]})
}

/** A convolution with the gradient, whose channels are the rows of the batch: [1, channels × batch, time] → [1, channels, kernel]. */
function depthwiseWeight({node, integers, inputs: [x = '', gradient = ''], variable}: Context<'depthwiseWeight'>) {
  const [kernel, channels] = variable.shape.map(Number) as [number, number]
  const half = (kernel - 1) / 2
  const [frames, taps] = [x, gradient].map(one => node('Transpose', [one], {perm: [2, 0, 1]})) as [Value[], Value[]]
  const together = node('Reshape', [...frames, integers([1, -1, 0])])
  const summed = node('Conv', [...together, ...taps], {group: channels, pads: [half, half]})
  return node('Transpose', node('Squeeze', [...summed, integers([0])]), {perm: [1, 0]})
}

function scatterRows({node, integers, operation: {count}, inputs, variable}: Context<'scatterRows'>): Value[] {
  const [ids = '', rows = ''] = inputs
  const width = Number(variable.shape.at(-1))
  const zeros = node('ConstantOfShape', [integers([count, width])])
  const flatIds = node('Reshape', [ids, integers([-1, 1])])
  const flatRows = node('Reshape', [rows, integers([-1, width])])
  return node('ScatterND', [...zeros, ...flatIds, ...flatRows], {reduction: 'add'})
}

function numbers(shape: Variable['shape']): number[] {
  if (elementsOf(shape) === undefined) throw new RangeError('A constant has a known shape.')
  return shape.map(Number)
}

/** The site's stretch of the pool. */
function dropoutMask({node, integers, operation: {site}, inputs}: Context<'dropoutMask'>): Value[] {
  const [like = '', pool = '', offsets = ''] = inputs
  const sizes = node('Shape', [like])
  const start = node('Slice', [offsets, integers([site]), integers([site + 1]), integers([0])])
  const end = node('Add', [...start, ...node('ReduceProd', sizes, {keepdims: 1})])
  return node('Reshape', [...node('Slice', [pool, ...start, ...end, integers([0])]), ...sizes])
}
