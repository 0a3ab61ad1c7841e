import {floatAttribute, integerAttribute} from '../../nodes.js'
import type {NodeProto} from '../../onnx-ml_pb.js'
import {inlineScalar} from './limits.js'
import type {Marks} from './marks.js'

/** Marks what is quantized around a node. Says whether there was anything. */
type Rule = (marks: Marks, node: NodeProto) => boolean

const any = (...marked: readonly boolean[]): boolean => marked.includes(true)

/** Every float that the node reads or makes. */
const everything: Rule = (marks, node) => {
  const values = marks.hasOutput(node) ? [...node.input, ...node.output] : node.input
  return any(...values.map(name => marks.markActivation(name)))
}

const convolution: Rule = (marks, node) => {
  const [input = '', weight = ''] = node.input
  const marked = [marks.markActivation(input)]
  if (marks.hasOutput(node)) marked.push(marks.markActivation(node.output[0] ?? ''))
  marked.push(marks.markWeight(weight, marks.channelAxis(weight, node.opType === 'Conv' ? 0 : 1)))
  marks.markBias(node)
  return any(...marked)
}

const gemm: Rule = (marks, node) => {
  const [input = '', weight = ''] = node.input
  if (!isProduct(marks, node)) return false
  const marked = [marks.markActivation(input)]
  if (marks.hasOutput(node)) marked.push(marks.markActivation(node.output[0] ?? ''))
  const axis = integerAttribute(node, 'transB', 0) === 1 ? 0 : 1
  marked.push(marks.markWeight(weight, marks.channelAxis(weight, axis)))
  const [alpha, beta] = ['alpha', 'beta'].map(name => floatAttribute(node, name, 1))
  marks.markBias(node, {alpha: alpha ?? 1, beta: beta ?? 1})
  return any(...marked)
}

const product: Rule = (marks, node) => {
  if (!isProduct(marks, node)) return false
  const [left = '', right = ''] = node.input
  // Columns of a matrix have scales of their own; batches of matrices, and matrices on the left, have one.
  const isMatrix = marks.initializers.get(right)?.dims.length === 2
  const marked = [marks.markWeight(left), marks.markWeight(right, isMatrix ? marks.channelAxis(right, 1) : undefined)]
  if (marks.hasOutput(node)) marked.push(marks.markActivation(node.output[0] ?? ''))
  return any(...marked)
}

function isProduct(marks: Marks, {input: [left = '', right = '']}: NodeProto): boolean {
  const isConstant = marks.weight(left) !== undefined || marks.weight(right) !== undefined
  return isConstant || marks.options.activationProducts === true
}

/** Relu and Clip go where integers end where they do; else they stay between integers. */
const limit: Rule = (marks, node) => {
  const [input = ''] = node.input
  const [output = ''] = node.output
  if (!marks.isQuantized(input)) return false
  const {symmetricActivations = false} = marks.options
  const marked = (!symmetricActivations && marks.remove(node)) || marks.markActivation(input)
  return any(marked, marks.hasOutput(node) && marks.markActivation(output))
}

/** What only moves or chooses values is done on integers, where it has them. */
const passThrough: Rule = (marks, node) => {
  const [input = ''] = node.input
  return marks.isQuantized(input) && marks.hasOutput(node) && marks.markShared(node.output[0] ?? '', input)
}

const since =
  (opset: number, rule: Rule): Rule =>
  (marks, node) =>
    marks.opset >= opset && rule(marks, node)

const gather: Rule = (marks, node) => {
  const [input = ''] = node.input
  if (marks.weight(input) !== undefined) marks.markActivation(input)
  else if (!marks.isQuantized(input)) return false
  return marks.markShared(node.output[0] ?? '', input)
}

const split: Rule = (marks, node) => {
  const [input = ''] = node.input
  if (!marks.isQuantized(input)) marks.markActivation(input)
  return marks.hasOutput(node) && any(...node.output.map(output => marks.markShared(output, input)))
}

const where: Rule = (marks, node) => {
  const isQuantized = node.input.slice(1, 3).every(name => marks.isQuantized(name))
  return isQuantized && marks.hasOutput(node) && any(...node.output.map(output => marks.markActivation(output)))
}

const normalization: Rule = (marks, node) => {
  const [input = '', scale = ''] = node.input
  const marked = [marks.markActivation(input), marks.markWeight(scale)]
  marks.markBias(node)
  if (marks.hasOutput(node)) marked.push(...node.output.map(output => marks.markActivation(output)))
  return any(...marked)
}

const EXISTING_VALUES = new Set(['reflect', 'edge', 'wrap'])

const pad: Rule = (marks, node) => {
  const marked = node.input.map(name => marks.markActivation(name))
  const [output = ''] = node.output
  if (!marks.hasOutput(node)) return any(...marked)
  const mode = node.attribute.find(({name}) => name === 'mode')?.s
  const isShared = EXISTING_VALUES.has(new TextDecoder().decode(mode)) || padsWithZeros(marks, node)
  marked.push(isShared ? marks.markShared(output, node.input[0] ?? '') : marks.markActivation(output))
  return any(...marked)
}

/** Zeros are integers in every range. */
function padsWithZeros(marks: Marks, node: NodeProto): boolean {
  if (marks.opset < 11) return floatAttribute(node, 'value', 0) === 0
  const value = node.input[2] ?? ''
  if (value === '') return true
  const tensor = marks.weight(value)
  return tensor !== undefined && inlineScalar(tensor) === 0
}

const RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  ConvTranspose: convolution,
  Gemm: gemm,
  MatMul: product,
  Relu: limit,
  Clip: limit,
  ...Object.fromEntries(
    ['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'AveragePool', 'Slice', 'TopK'].map(type => [
      type,
      passThrough,
    ]),
  ),
  Resize: since(11, passThrough),
  MaxPool: since(12, passThrough),
  Gather: gather,
  GatherElements: gather,
  Split: split,
  Where: where,
  Pad: pad,
  InstanceNormalization: normalization,
  LayerNormalization: normalization,
  BatchNormalization: normalization,
}

/** Marks what is quantized around a node, as the registry of onnxruntime.quantization has it for QDQ. */
export function markNode(marks: Marks, node: NodeProto): boolean {
  return !marks.parts.done.has(node) && (RULES[node.opType] ?? everything)(marks, node)
}
