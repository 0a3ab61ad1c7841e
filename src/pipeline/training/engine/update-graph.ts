import {GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {floatTensor} from '../../onnx/tensor.js'

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** Gradients longer than this (2-norm over all parameters) are shortened to it. */
  readonly maxGradientNorm: number
}

/**
 * One step of AdamW over all parameters in one vector (Loshchilov, Hutter, arXiv:1711.05101), gradients clipped by their
 * global norm before. Scalars that change with the step are inputs:
 *
 * - `parameters`, `gradients`, `first`, `second` [n]: weights, gradients, both moments; `decayed` [n]: 1 where weights decay
 * - `scale` []: what gradients are multiplied by first (1 ∕ accumulated batches)
 * - `rate` []: learning rate; `correction1`, `correction2` []: 1 − βᵗ
 *
 * Outputs `parameters_out`, `first_out`, `second_out` [n] and `norm` []: of the scaled gradients before clipping.
 */
export function buildUpdateGraph({beta1, beta2, epsilon, weightDecay, maxGradientNorm}: AdamWOptions): Model {
  const graph = new GraphBuilder('update')
  const vector = (name: string) => graph.input(name, DataType.FLOAT, ['n'])
  const scalar = (name: string) => graph.input(name, DataType.FLOAT, [])
  const number = (value: number) => graph.constant(floatTensor('number', [value], []))
  const node = (type: string, ...inputs: Value[]) => graph.node(type, inputs)
  const [parameters, gradients, first, second, decayed] = ['parameters', 'gradients', 'first', 'second', 'decayed'].map(
    vector,
  ) as [Value, Value, Value, Value, Value]
  const [scale, rate, correction1, correction2] = ['scale', 'rate', 'correction1', 'correction2'].map(scalar) as [
    Value,
    Value,
    Value,
    Value,
  ]
  const length = graph.node('ReduceL2', [gradients], {attributes: {keepdims: 0}})
  const norm = node('Mul', length, scale)
  const clip = node('Min', number(1), node('Div', number(maxGradientNorm), node('Add', norm, number(1e-6))))
  const gradient = node('Mul', gradients, node('Mul', scale, clip))
  const mean = node('Add', node('Mul', first, number(beta1)), node('Mul', gradient, number(1 - beta1)))
  const square = node('Mul', node('Mul', gradient, gradient), number(1 - beta2))
  const spread = node('Add', node('Mul', second, number(beta2)), square)
  const root = node('Add', node('Div', node('Sqrt', spread), node('Sqrt', correction2)), number(epsilon))
  const step = node('Div', mean, node('Mul', root, correction1))
  const decay = node('Mul', node('Mul', decayed, parameters), number(weightDecay))
  const next = node('Sub', parameters, node('Mul', node('Add', step, decay), rate))
  graph.output(next, DataType.FLOAT, ['n'], 'parameters_out')
  graph.output(mean, DataType.FLOAT, ['n'], 'first_out')
  graph.output(spread, DataType.FLOAT, ['n'], 'second_out')
  graph.output(norm, DataType.FLOAT, [], 'norm')
  return graph.build({opset: 18})
}
