import type {Model} from '../onnx/model.js'
import {BLOCK_OPERATORS} from '../onnx/quantize/block-weights.js'
import {DYNAMIC_OPERATORS} from '../onnx/quantize/dynamic.js'
import type {Operators} from '../onnx/quantize/select-nodes.js'
import {STATIC_SELECTION} from '../onnx/quantize/static/static-options.js'
import {modelGraphs} from '../onnx/visit.js'
import type {RecipeStep} from './recipes.js'

const PRODUCTS = ['MatMul', 'Gemm']

/** The operators that a step can change in a model, and those it does where it does not say. */
export function operatorsOf({method}: RecipeStep, {proto}: Pick<Model, 'proto'>): Operators {
  if (method === 'dynamic-int8') return {defaults: PRODUCTS, all: DYNAMIC_OPERATORS}
  if (method === 'int8-weights' || method === 'int4-weights') return {defaults: PRODUCTS, all: BLOCK_OPERATORS}
  if (method === 'static-int8') return STATIC_SELECTION
  const present = [...new Set([...modelGraphs(proto)].flatMap(({node}) => node.map(({opType}) => opType)))]
  return {defaults: present, all: present}
}
