import {integerAttribute} from '../nodes.js'
import type {NodeProto} from '../onnx-ml_pb.js'
import {attentionRule} from './attention-rule.js'
import {broadcast} from './broadcast.js'
import {type ChannelRule, InSegments, NotRemovable, type Placement, type Tracking} from './channels.js'
import {reshapeRule} from './reshape-rule.js'
import {rankOf, sizeFromEnd, type Value} from './value-graph.js'

/** Undefined for nodes that mix channels, or that are not known. */
export function ruleOf({opType}: NodeProto): ChannelRule | undefined {
  return RULES[opType]
}

/** Each element by itself; further inputs are broadcast to it, or are settings without the dimension. */
const elementwise: ChannelRule = ({inputs, outputs}, flood) => {
  const placement = [...inputs, outputs[0]].map(value => flood.at(value)).find(one => one !== undefined)
  if (placement === undefined) return
  flood.place(outputs[0], placement)
  for (const input of inputs) if (input !== undefined) broadcast(input, placement, flood)
}

const product: ChannelRule = (operation, flood) => {
  const {node, inputs, outputs} = operation
  const [a, b, c] = inputs
  const [y] = outputs
  const turnedA = integerAttribute(node, 'transA', 0) === 1
  const turnedB = integerAttribute(node, 'transB', 0) === 1
  if (a === undefined || b === undefined || y === undefined) throw new NotRemovable('a product lacks an operand')
  const inA = flood.at(a)
  const inB = flood.at(b)
  const inY = flood.at(y)
  const rowsOf = (turned: boolean, fromEnd: number) => (turned && fromEnd <= 2 ? 3 - fromEnd : fromEnd)
  const move = (value: Value, turned: boolean, placement: Placement, fromEnd: number) =>
    flood.place(value, {...placement, fromEnd: rowsOf(turned, fromEnd)})
  const batch = (value: Value, placement: Placement) => broadcast(value, placement, flood)
  if (inA !== undefined) {
    const fromEnd = rowsOf(turnedA, inA.fromEnd)
    if (fromEnd === 1) {
      move(b, turnedB, inA, 2)
      if (isConstant(b)) flood.consumers.add(operation)
    } else {
      flood.place(y, {...inA, fromEnd})
      if (fromEnd > 2) batch(b, inA)
    }
  }
  if (inB !== undefined) {
    const fromEnd = rowsOf(turnedB, inB.fromEnd)
    if (fromEnd === 2) move(a, turnedA, inB, 1)
    else {
      flood.place(y, {...inB, fromEnd})
      if (fromEnd === 1 && isConstant(b)) flood.producers.add(operation)
      if (fromEnd > 2) batch(a, inB)
    }
  }
  if (inY !== undefined) {
    if (inY.fromEnd === 1) move(b, turnedB, inY, 1)
    else if (inY.fromEnd === 2) move(a, turnedA, inY, 2)
    else for (const value of [a, b]) batch(value, inY)
    if (node.opType === 'Gemm' && c !== undefined) broadcast(c, inY, flood)
  } else if (c !== undefined && node.opType === 'Gemm' && flood.at(c) !== undefined) flood.place(y, placed(c, flood))
}

function placed(value: Value, flood: Tracking): Placement {
  const placement = flood.at(value)
  if (placement === undefined) throw new RangeError(`${value.name} has no channels`)
  return placement
}

/** Weights, also where they are transposed as the model runs. */
function isConstant({tensor, maker}: Value): boolean {
  return tensor !== undefined || (maker?.node.opType === 'Transpose' && maker.inputs[0]?.tensor !== undefined)
}

const transpose: ChannelRule = ({node, inputs: [x], outputs: [y]}, flood) => {
  if (x === undefined || y === undefined) throw new NotRemovable('a Transpose lacks an operand')
  const given = node.attribute.find(({name}) => name === 'perm')?.ints.map(Number)
  const rank = given?.length ?? rankOf(x) ?? rankOf(y)
  if (rank === undefined) throw new NotRemovable('a Transpose has no known permutation')
  const perm = given ?? Array.from({length: rank}, (_, index) => rank - 1 - index)
  const inX = flood.at(x)
  const inY = flood.at(y)
  if (inX !== undefined) flood.place(y, {...inX, fromEnd: rank - perm.indexOf(rank - inX.fromEnd)})
  if (inY !== undefined) flood.place(x, {...inY, fromEnd: rank - (perm[rank - inY.fromEnd] ?? 0)})
}

/** All inputs and outputs alike, unless the node works along the channels themselves. */
const alongAxis =
  (fallback: number): ChannelRule =>
  ({node, inputs, outputs}, flood) => {
    const values = [...(node.opType === 'Concat' ? inputs : inputs.slice(0, 1)), ...outputs]
    const placement = values.map(value => flood.at(value)).find(one => one !== undefined)
    if (placement === undefined) return
    if (axisFromEnd(node, values, fallback) === placement.fromEnd)
      throw new NotRemovable(`${node.opType} works along them`)
    for (const value of values) flood.place(value, placement)
  }

function axisFromEnd(node: NodeProto, values: readonly (Value | undefined)[], fallback: number): number {
  const axis = integerAttribute(node, 'axis', fallback)
  if (axis < 0) return -axis
  const rank = values.map(value => (value === undefined ? undefined : rankOf(value))).find(one => one !== undefined)
  if (rank === undefined) throw new NotRemovable(`${node.opType} is of unknown rank`)
  return rank - axis
}

/** Along the channels only into equal parts, of which each has all channels: query, key and value. */
const split: ChannelRule = (operation, flood) => {
  const {node, inputs, outputs} = operation
  const [x] = inputs
  const values = [x, ...outputs]
  const axis = axisFromEnd(node, values, 0)
  const inX = flood.at(x)
  const part = outputs.map(output => flood.at(output)).find(one => one !== undefined)
  if ((inX ?? part)?.fromEnd !== axis) {
    alongAxis(0)(operation, flood)
    return
  }
  const sizes = new Set(outputs.map(output => (output === undefined ? undefined : sizeFromEnd(output, axis))))
  if (sizes.size !== 1 || sizes.has(undefined)) throw new NotRemovable('Split makes unequal parts of them')
  if (inX?.segments === 1) throw new InSegments(outputs.length)
  if (node.attribute.some(({name}) => name === 'split')) throw new NotRemovable('Split has its sizes for an attribute')
  if (inputs[1] !== undefined) flood.edits.set(operation, {type: 'split', operation})
  const whole = {fromEnd: axis, flat: true, segments: outputs.length}
  flood.place(x, whole)
  for (const output of outputs) flood.place(output, {...whole, segments: 1})
}

/** The sizes of other dimensions may be asked for. */
const shapeOf: ChannelRule = ({node, inputs: [x], outputs: [y]}, flood) => {
  const placement = flood.at(x)
  if (x === undefined || y === undefined || placement === undefined) return
  const rank = rankOf(x)
  if (rank === undefined) throw new NotRemovable('Shape reads what is of unknown rank')
  const own = rank - placement.fromEnd
  const bound = (name: string, fallback: number) => {
    const value = integerAttribute(node, name, fallback)
    return value < 0 ? value + rank : value
  }
  if (own < bound('start', 0) || own >= bound('end', rank)) return
  for (const {node: reader, inputs} of y.readers) {
    const index = inputs[1]?.tensor
    const at = index === undefined ? undefined : scalarOf(index)
    if (reader.opType !== 'Gather' || at === undefined || (at + rank) % rank === own)
      throw new NotRemovable('their number is computed with')
  }
}

function scalarOf({int64Data, rawData, dims}: NonNullable<Value['tensor']>): number | undefined {
  if (dims.reduce((product, size) => product * Number(size), 1) !== 1) return undefined
  if (rawData.byteLength === 8) return Number(new DataView(rawData.buffer, rawData.byteOffset).getBigInt64(0, true))
  return int64Data.length === 1 ? Number(int64Data[0]) : undefined
}

const named = (rule: ChannelRule, ...opTypes: string[]) => opTypes.map(opType => [opType, rule] as const)

const RULES: Readonly<Partial<Record<string, ChannelRule>>> = Object.fromEntries([
  ...named(
    elementwise,
    'Relu',
    'Gelu',
    'Erf',
    'Tanh',
    'Sigmoid',
    'Neg',
    'Abs',
    'Sqrt',
    'Exp',
    'Identity',
    'Cast',
    'Elu',
  ),
  ...named(elementwise, 'LeakyRelu', 'HardSwish', 'HardSigmoid', 'Softplus', 'Mish', 'Clip', 'QuickGelu', 'Swish'),
  ...named(elementwise, 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Where', 'BiasGelu', 'FastGelu', 'PRelu'),
  ...named(product, 'MatMul', 'Gemm', 'FusedMatMul'),
  ...named(alongAxis(-1), 'Softmax', 'LogSoftmax'),
  ...named(alongAxis(0), 'Concat'),
  ...named(transpose, 'Transpose'),
  ...named(split, 'Split'),
  ...named(shapeOf, 'Shape'),
  ...named(reshapeRule, 'Reshape'),
  ...named(attentionRule, 'MultiHeadAttention'),
])
