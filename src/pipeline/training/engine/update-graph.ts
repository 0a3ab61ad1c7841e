import {GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {floatTensor} from '../../onnx/tensor.js'
import type {AdamWOptions} from './training-engine.js'

/**
 * One step of AdamW over a stretch of all parameters (Loshchilov, Hutter, arXiv:1711.05101). Scalars that change with the
 * step are inputs:
 *
 * - `parameters`, `gradients`, `first`, `second` [n]: weights, gradients, both moments; `decayed` [n]: 1 where weights decay
 * - `factor` []: what gradients are multiplied by first, to scale and to clip them
 * - `rate` []: learning rate; `correction1`, `correction2` []: 1 − βᵗ
 *
 * Outputs `parameters_out`, `first_out`, `second_out` [n].
 */
export function buildUpdateGraph({beta1, beta2, epsilon, weightDecay}: AdamWOptions): Model {
  const graph = new GraphBuilder('update')
  const vector = (name: string) => graph.input(name, DataType.FLOAT, ['n'])
  const scalar = (name: string) => graph.input(name, DataType.FLOAT, [])
  const number = (value: number) => graph.constant(floatTensor('number', [value], []))
  const node = (type: string, ...inputs: Value[]) => graph.node(type, inputs)
  const parameters = vector('parameters')
  const gradient = node('Mul', vector('gradients'), scalar('factor'))
  const [first, second, decayed] = [vector('first'), vector('second'), vector('decayed')]
  const [rate, correction1, correction2] = [scalar('rate'), scalar('correction1'), scalar('correction2')]
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
  return graph.build({opset: 18})
}
