import {expect, test} from 'vitest'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {convertToFloat16} from '../../../../src/pipeline/onnx/float16.js'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {quantizeBlockWeights} from '../../../../src/pipeline/onnx/quantize/block-weights.js'
import {quantizeDynamic} from '../../../../src/pipeline/onnx/quantize/dynamic.js'
import type {NodeSelection} from '../../../../src/pipeline/onnx/quantize/select-nodes.js'
import {calibratedTensors} from '../../../../src/pipeline/onnx/quantize/static/calibrated-tensors.js'
import {quantizeStatic} from '../../../../src/pipeline/onnx/quantize/static/quantize-static.js'
import {STATIC_OPERATORS} from '../../../../src/pipeline/onnx/quantize/static/static-options.js'
import {floatTensor} from '../../../../src/pipeline/onnx/tensor.js'
import {floats, noise, relativeError, runModel} from '../../../support/onnx-models.js'

/** Three products of 32, with what stands around them in a model. */
function layers(): Model {
  const builder = new GraphBuilder('main')
  let value = builder.input('x', DataType.FLOAT, [3, 32])
  for (const [seed, name] of ['first', 'second', 'third'].entries()) {
    const w = builder.constant(
      floatTensor(
        `${name}.w`,
        noise(1024, seed + 1).map(weight => weight / 8),
        [32, 32],
      ),
    )
    const b = builder.constant(floatTensor(`${name}.b`, noise(32, seed + 9), [32]))
    const product = builder.node('MatMul', [value, w], {name})
    value = builder.node('Relu', [builder.node('Add', [product, b], {name: `${name}.add`})], {name: `${name}.relu`})
  }
  builder.output(value, DataType.FLOAT, [3, 32], 'y')
  return builder.build({opset: 17})
}

type Method = (
  model: Model,
  selection: NodeSelection,
) => Promise<{readonly model: Model; readonly nodes: readonly {name: string}[]}>

const wide = {lowest: -6, highest: 6}
const positive = {lowest: 0, highest: 6}
const ranges = (model: Model, options: NodeSelection) =>
  new Map(calibratedTensors(model, options).map(name => [name, name.includes('relu') ? positive : wide]))

const METHODS: Readonly<Record<string, Method>> = {
  dynamic: (model, selection) => quantizeDynamic(model, selection),
  static: (model, selection) => quantizeStatic(model, ranges(model, selection), selection),
  'static pairs': (model, selection) =>
    quantizeStatic(model, ranges(model, selection), {...selection, weightPairs: true}),
  'int8 weights': (model, selection) => quantizeBlockWeights(model, {...selection, bits: 8, blockSize: 16}),
  'int4 weights': (model, selection) => quantizeBlockWeights(model, {...selection, bits: 4, blockSize: 16}),
}
const names = Object.keys(METHODS)

test.each(names.flatMap(first => names.map(second => [first, second] as const)))(
  '%s, then %s: each node is quantized once',
  async (first, second) => {
    const model = layers()
    const one = await METHODS[first]!(model, {nodes: ['second']})
    expect(one.nodes.map(({name}) => name)).toEqual(['second'])
    const two = await METHODS[second]!(one.model, {})
    expect(two.nodes.map(({name}) => name)).toEqual(['first', 'third'])
    checkModel(two.model, 'It')
    const three = await METHODS[second]!(two.model, {})
    expect(three.nodes).toEqual([])
    const inputs = {x: floats([3, 32])}
    const error = relativeError((await runModel(two.model, inputs)).y!, (await runModel(model, inputs)).y!)
    expect(error).toBeLessThan(first.includes('int4') || second.includes('int4') ? 0.3 : 0.05)
  },
)

test.each(names)('%s, then static on every operator: what the first made stays', async first => {
  const one = await METHODS[first]!(layers(), {nodes: ['second']})
  const options = {opTypes: STATIC_OPERATORS, floatOutputs: []}
  const {nodes, model} = await METHODS.static!(one.model, options)
  const others = ['first', 'third'].flatMap(name => [name, `${name}.add`, `${name}.relu`])
  expect(
    nodes
      .map(({name}) => name)
      .filter(name => !name.startsWith('second.'))
      .sort(),
  ).toEqual(others)
  const inputs = {x: floats([3, 32])}
  expect(relativeError((await runModel(model, inputs)).y!, (await runModel(layers(), inputs)).y!)).toBeLessThan(0.3)
})

test.each(names)('%s finds nothing in a model of halves', async method => {
  const halves = convertToFloat16(layers())
  expect((await METHODS[method]!(halves, {})).nodes).toEqual([])
})

test.each([
  ['dynamic', false],
  ['static', false],
  ['static pairs', false],
  ['int8 weights', true],
  ['int4 weights', true],
])('%s, then halves: %s', async (method, isTaken) => {
  const {model} = await METHODS[method]!(layers(), {nodes: ['second']})
  if (!isTaken) {
    expect(() => convertToFloat16(model)).toThrow('The model is quantized already')
    return
  }
  const inputs = {x: floats([3, 32])}
  const {y} = await runModel(convertToFloat16(model), inputs)
  expect(relativeError(y!, (await runModel(model, inputs)).y!)).toBeLessThan(0.02)
})
