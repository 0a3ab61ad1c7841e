import {Float, type Value} from '../../../onnx/graph-builder.js'
import {MICROSOFT} from '../../fused-domains.js'
import {type Activation, activate, type Sizes} from '../../layers.js'
import type {Operators} from './operators.js'

/** x · weightᵀ, and the bias that is still to be added to it. */
export interface Product {
  readonly product: Value
  readonly bias: Value
}

export function product({graph, weights}: Operators, x: Value, name: string, {inputs, outputs}: Sizes): Product {
  const weight = weights.takeTransposed(`${name}.weight`, inputs, outputs)
  return {product: graph.node('MatMul', [x, weight], {name}), bias: weights.take(`${name}.bias`, [outputs])}
}

/** The activation of x + bias. */
export function biasedActivation(scope: Operators, x: Value, bias: Value, activation: Activation): Value {
  if (activation !== 'gelu') return activate(scope, scope.add(x, bias), activation)
  const [value = ''] = scope.microsoft('BiasGelu', [x, bias], 1)
  return value
}

/** states + product + bias, as it is and after the normalisation `norm`. */
export function addNormed(
  {graph, weights}: Operators,
  states: Value,
  {product, bias}: Product,
  norm: string,
  width: number,
): {readonly states: Value; readonly normed: Value} {
  const affine = ['weight', 'bias'].map(part => weights.take(`${norm}.${part}`, [width]))
  const [normed = '', , , sum = ''] = graph.nodes('SkipLayerNormalization', [product, states, ...affine, bias], 4, {
    name: norm,
    domain: MICROSOFT,
    unused: [1, 2],
    attributes: {epsilon: new Float(1e-5)},
  })
  return {states: sum, normed}
}
