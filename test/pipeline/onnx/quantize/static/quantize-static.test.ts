import {readFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {checkModel} from '../../../../../src/pipeline/onnx/check-model.js'
import {Float, GraphBuilder} from '../../../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {calibratedTensors} from '../../../../../src/pipeline/onnx/quantize/static/calibrated-tensors.js'
import {quantizeStatic} from '../../../../../src/pipeline/onnx/quantize/static/quantize-static.js'
import type {Range} from '../../../../../src/pipeline/onnx/quantize/static/range.js'
import {readModel} from '../../../../../src/pipeline/onnx/read-model.js'
import {floatTensor, int64Tensor} from '../../../../../src/pipeline/onnx/tensor.js'
import {modelGraphs} from '../../../../../src/pipeline/onnx/visit.js'
import {floats, noise, onnxReference, relativeError, runModel, tensorsByName} from '../../../../support/onnx-models.js'

const IntegerTypes = z.enum(['int8', 'uint8'])
const Case = z.strictObject({
  name: z.string(),
  graph: z.enum(['conv1d', 'conv2d', 'products', 'gemm']),
  options: z.strictObject({
    opTypes: z.array(z.string()),
    activationType: IntegerTypes,
    weightType: IntegerTypes,
    perChannel: z.boolean(),
    reduceRange: z.boolean(),
    exclude: z.array(z.string()),
    symmetricActivations: z.boolean(),
    symmetricWeights: z.boolean().optional(),
    floatOutputs: z.array(z.string()),
    quantizeBias: z.boolean(),
    weightPairs: z.boolean(),
  }),
})
const Ends = z.record(z.string(), z.tuple([z.number(), z.number()]))
const golden = z
  .strictObject({cases: z.array(Case), ranges: z.record(z.string(), Ends)})
  .parse(JSON.parse(await readFile(onnxReference('static/cases.json'), 'utf8')))

const rangesOf = (ends: z.infer<typeof Ends> = {}): Map<string, Range> =>
  new Map(Object.entries(ends).map(([name, [lowest, highest]]) => [name, {lowest, highest}]))

const INPUTS = {
  conv1d: {x: floats([1, 2, 40])},
  conv2d: {x: floats([1, 1, 8, 8])},
  products: {x: floats([1, 6, 8])},
  gemm: {x: floats([4, 10]), tiny: floats([4, 6])},
}

const operators = ({proto}: Model): string[] =>
  [...modelGraphs(proto)].flatMap(({node}) => node.map(({opType}) => opType)).sort()

/** One number has no dimensions here, and one dimension there, if it is the scale of a bias. */
async function tensors(model: Model) {
  const found = await tensorsByName(model)
  return Object.fromEntries(
    Object.entries(found).map(([name, [type, shape, bytes]]) => [name, [type, shape === '1' ? '' : shape, bytes]]),
  )
}

test.each(golden.cases)(
  '$name: integers and scales are those of Python, bit by bit, and outputs are alike',
  async one => {
    const {graph, name, options} = one
    const reference = onnxReference(`static/${name}.onnx`)
    const model = await readModel(onnxReference(`static/${graph}.onnx`))
    const before = operators(model)
    const {model: quantized} = await quantizeStatic(model, rangesOf(golden.ranges[graph]), options)
    expect(operators(model)).toEqual(before)
    checkModel(quantized, name)
    const expected = await readModel(reference)
    expect(await tensors(quantized)).toEqual(await tensors(expected))
    expect(operators(quantized)).toEqual(operators(expected))
    const ours = await runModel(quantized, INPUTS[graph])
    for (const [output, values] of Object.entries(await runModel(reference, INPUTS[graph])))
      expect(relativeError(ours[output]!, values), output).toBeLessThanOrEqual(1e-6)
  },
)

test.each(golden.cases)('$name needs no other ranges than those that it says', async ({graph, options}) => {
  const model = await readModel(onnxReference(`static/${graph}.onnx`))
  const all = rangesOf(golden.ranges[graph])
  const needed = calibratedTensors(model, options)
  const some = new Map([...all].filter(([name]) => needed.includes(name)))
  expect(some.size).toBe(needed.length)
  const [{model: withSome}, {model: withAll}] = [
    await quantizeStatic(model, some, options),
    await quantizeStatic(model, all, options),
  ]
  expect(await tensors(withSome)).toEqual(await tensors(withAll))
})

test('only weights of products and convolutions, and what they read, are quantized by default', async () => {
  const model = await readModel(onnxReference('static/products.onnx'))
  expect(calibratedTensors(model)).toEqual(['x', 'a', 'n'])
  const {nodes} = await quantizeStatic(model, rangesOf(golden.ranges.products))
  expect(nodes).toEqual([
    {name: 'first', opType: 'MatMul', weight: 'w'},
    {name: 'second', opType: 'MatMul', weight: 'w'},
    {name: 'third', opType: 'MatMul', weight: 'last'},
  ])
})

const wide = {lowest: -4, highest: 4}

test.each([
  ['A · B', {}],
  ['A · Bᵀ · 0.5 + 2 · C', {alpha: 0.5, beta: 2, transB: true}],
  ['A · B · 3 − C', {alpha: 3, beta: -1}],
  ['−A · B + C', {alpha: -1}],
])(
  'a Gemm keeps its factors: %s',
  async (_, {alpha = 1, beta = 1, transB = false}: {alpha?: number; beta?: number; transB?: boolean}) => {
    const builder = new GraphBuilder('main')
    const x = builder.input('x', DataType.FLOAT, [3, 8])
    const w = builder.constant(floatTensor('w', noise(40), transB ? [5, 8] : [8, 5]))
    const c = builder.constant(floatTensor('c', noise(5, 2), [5]))
    const attributes = {alpha: new Float(alpha), beta: new Float(beta), transB: transB ? 1 : 0}
    builder.output(builder.node('Gemm', [x, w, c], {attributes, name: 'gemm'}), DataType.FLOAT, [3, 5], 'y')
    const model = builder.build({opset: 17})
    const inputs = {x: floats([3, 8])}
    const {y} = await runModel(model, inputs)
    for (const floatOutputs of [['Gemm'], []]) {
      const ranges = new Map([
        ['x', {lowest: -1, highest: 1}],
        ['y', {lowest: -8, highest: 8}],
      ])
      const {model: quantized} = await quantizeStatic(model, ranges, {floatOutputs})
      expect(relativeError((await runModel(quantized, inputs)).y!, y!)).toBeLessThan(0.03)
    }
  },
)

function convolution(weights: Float32Array, {opset = 17, bias = noise(3, 2)} = {}): Model {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 2, 9])
  const w = builder.constant(floatTensor('w', weights, [3, 2, 3]))
  const b = builder.constant(floatTensor('b', bias, [3]))
  const y = builder.node('Conv', [x, w, b], {name: 'conv', attributes: {kernel_shape: [3]}})
  builder.output(y, DataType.FLOAT, [1, 3, 7], 'y')
  return builder.build({opset})
}

const ends = (lowest: number, highest: number) => new Map(['x', 'y'].map(name => [name, {lowest, highest}]))

test.each([
  [
    'weights with NaN',
    convolution(noise(18).fill(Number.NaN, 3, 4)),
    ends(-1, 1),
    {},
    'MODEL_INVALID',
    'Tensor "w" cannot be quantized: it has NaN or infinite values.',
  ],
  [
    'a bias of infinity',
    convolution(noise(18), {bias: Float32Array.of(1, Number.POSITIVE_INFINITY, 2)}),
    ends(-1, 1),
    {},
    'MODEL_INVALID',
    'Tensor "b" cannot be quantized: it has NaN or infinite values.',
  ],
  [
    'a model too old for channels',
    convolution(noise(18), {opset: 12}),
    ends(-1, 1),
    {},
    'MODEL_INVALID',
    'The model is of opset 12; a scale for each channel needs 13 or later.',
  ],
  [
    'a model too old for integers',
    convolution(noise(18), {opset: 9}),
    ends(-1, 1),
    {perChannel: false},
    'MODEL_INVALID',
    'The model is of opset 9; static quantization needs 10 or later.',
  ],
  [
    'no range',
    convolution(noise(18)),
    new Map([['x', wide]]),
    {},
    'CONFIG_INVALID',
    'There is no calibrated range of tensor "y".',
  ],
  [
    'a range without an end',
    convolution(noise(18)),
    ends(-1, Number.POSITIVE_INFINITY),
    {},
    'CONFIG_INVALID',
    'The calibrated range of tensor "x" is -1 to Infinity, which has no scale.',
  ],
  [
    'a range of NaN',
    convolution(noise(18)),
    ends(Number.NaN, 1),
    {},
    'CONFIG_INVALID',
    'The calibrated range of tensor "x" is NaN to 1, which has no scale.',
  ],
  [
    'types without a kernel',
    convolution(noise(18)),
    ends(-1, 1),
    {activationType: 'int8', weightType: 'uint8'},
    'OPTION_UNSUPPORTED',
    'No kernel takes int8 activations and uint8 weights.',
  ],
  [
    'an operator without a rule',
    convolution(noise(18)),
    ends(-1, 1),
    {opTypes: ['LSTM']},
    'OPTION_UNSUPPORTED',
    'Nodes of "LSTM" cannot be quantized this way.',
  ],
] as const)('%s: refused', async (_, model, ranges, options, code, message) => {
  await expect(quantizeStatic(model, ranges, options)).rejects.toMatchObject({code, message})
})

test('nodes in branches are refused, and other methods named', async () => {
  const outer = new GraphBuilder('main')
  const x = outer.input('x', DataType.FLOAT, [1, 4])
  const choose = outer.input('choose', DataType.BOOL, [])
  const branch = (name: string) => {
    const inner = new GraphBuilder(name, outer)
    const w = inner.constant(floatTensor('w', noise(8), [4, 2]))
    inner.output(inner.node('MatMul', [x, w], {name: `${name}_product`}), DataType.FLOAT, [1, 2])
    return inner.graph()
  }
  const attributes = {then_branch: branch('then'), else_branch: branch('else')}
  outer.output(outer.node('If', [choose], {attributes, name: 'either'}), DataType.FLOAT, [1, 2], 'y')
  const model = outer.build({opset: 17})
  expect(() => calibratedTensors(model)).toThrow(/^Node "(then|else)_product" is in a subgraph of "either" \(If\)/)
  await expect(quantizeStatic(model, new Map())).rejects.toMatchObject({
    code: 'OPTION_UNSUPPORTED',
    hint: 'Use dynamic-int8 or int8-weights for this model, or leave such nodes out.',
  })
})

test('what a branch reads of a quantized graph is still there', async () => {
  const outer = new GraphBuilder('main')
  const x = outer.input('x', DataType.FLOAT, [1, 4])
  const choose = outer.input('choose', DataType.BOOL, [])
  const w = outer.constant(floatTensor('w', noise(16), [4, 4]))
  const product = outer.node('MatMul', [x, w], {name: 'product'})
  const limited = outer.node('Relu', [product], {name: 'relu'})
  const branch = (name: string, value: string) => {
    const inner = new GraphBuilder(name, outer)
    inner.output(inner.node('Neg', [value]), DataType.FLOAT, [1, 4])
    return inner.graph()
  }
  const attributes = {then_branch: branch('then', product), else_branch: branch('else', limited)}
  outer.output(outer.node('If', [choose], {attributes}), DataType.FLOAT, [1, 4], 'y')
  const model = outer.build({opset: 17})
  const options = {opTypes: ['MatMul', 'Relu'], floatOutputs: []}
  const needed = calibratedTensors(model, options)
  const {model: quantized} = await quantizeStatic(model, new Map(needed.map(name => [name, wide])), options)
  checkModel(quantized, 'It')
  expect(operators(quantized)).toContain('Relu')
})

test('a model that is quantized already stays as it is', async () => {
  for (const weightPairs of [false, true]) {
    const {model} = await quantizeStatic(convolution(noise(18)), ends(-1, 1), {weightPairs})
    expect(calibratedTensors(model)).toEqual([])
    const again = await quantizeStatic(model, ends(-1, 1))
    expect(again.nodes).toEqual([])
    expect(again.model).toBe(model)
  }
})

test('a second step goes on where the first ended, with its scales', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 2, 9])
  const conv = (name: string, value: string) => {
    const w = builder.constant(floatTensor(`${name}.w`, noise(12), [2, 2, 3]))
    return builder.node('Conv', [value, w], {name, attributes: {kernel_shape: [3], pads: [1, 1]}})
  }
  const [first, shape] = [conv('first', x), builder.constant(int64Tensor('shape', [1, 2, 9]))]
  const moved = builder.node('Reshape', [first, shape], {name: 'moved'})
  builder.output(conv('second', moved), DataType.FLOAT, [1, 2, 9], 'y')
  const model = builder.build({opset: 17})
  const all = new Map([x, first, moved, 'y'].map(name => [name, wide]))
  const options = {opTypes: ['Conv', 'Reshape']}
  const one = await quantizeStatic(model, all, {...options, nodes: ['first']})
  const two = await quantizeStatic(one.model, all, {...options, exclude: ['first'], unmatched: 'ignore'})
  expect(two.nodes.map(({name}) => name)).toEqual(['moved', 'second'])
  const once = await quantizeStatic(model, all, options)
  expect(operators(two.model)).toEqual(operators(once.model))
  const inputs = {x: floats([1, 2, 9])}
  expect((await runModel(two.model, inputs)).y).toEqual((await runModel(once.model, inputs)).y)
})

test.each([
  ['a Clip that keeps zero out stays', 'Clip', [0.5, 2], {lowest: 0.5, highest: 2}, true],
  ['a Clip whose range was made wider than its limits stays', 'Clip', [-0.2, 2], {lowest: -2, highest: 2}, true],
  ['a Clip goes where integers end as it does', 'Clip', [-0.2, 2], {lowest: -0.2, highest: 1.5}, false],
  ['a Relu whose range was made symmetric stays', 'Relu', [], {lowest: -2, highest: 2}, true],
  ['a Relu goes where integers end at zero', 'Relu', [], {lowest: 0, highest: 2}, false],
])('%s', async (_, opType, limits, range, stays) => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 4])
  const w = builder.constant(floatTensor('w', noise(16), [4, 4]))
  const product = builder.node('MatMul', [x, w], {name: 'product'})
  const ends = limits.map((limit, index) => builder.constant(floatTensor(`limit${index}`, [limit], [])))
  builder.output(builder.node(opType, [product, ...ends]), DataType.FLOAT, [1, 4], 'y')
  const model = builder.build({opset: 17})
  const ranges = new Map([
    ['x', {lowest: -1, highest: 1}],
    [product, wide],
    ['y', range],
  ])
  const options = {opTypes: ['MatMul', opType], floatOutputs: []}
  const {model: quantized} = await quantizeStatic(model, ranges, options)
  expect(operators(quantized).includes(opType)).toBe(stays)
  const inputs = {x: floats([1, 4])}
  expect(relativeError((await runModel(quantized, inputs)).y!, (await runModel(model, inputs)).y!)).toBeLessThan(0.03)
})

test('weights behind a Transpose are quantized as they are without it', async () => {
  const make = (hasTranspose: boolean) => {
    const builder = new GraphBuilder('main')
    const x = builder.input('x', DataType.FLOAT, [3, 4])
    const stored = noise(20)
    const turned = Float32Array.from(stored, (_, index) => stored[(index % 5) * 4 + Math.floor(index / 5)]!)
    const w = hasTranspose
      ? builder.node('Transpose', [builder.constant(floatTensor('w', stored, [5, 4]))], {attributes: {perm: [1, 0]}})
      : builder.constant(floatTensor('w_transposed', turned, [4, 5]))
    builder.output(builder.node('MatMul', [x, w], {name: 'product'}), DataType.FLOAT, [3, 5], 'y')
    return builder.build({opset: 17})
  }
  const quantized = []
  for (const model of [make(true), make(false)]) {
    expect(calibratedTensors(model)).toEqual(['x'])
    quantized.push((await quantizeStatic(model, ends(-1, 1))).model)
  }
  const [behind, plain] = quantized
  expect(await tensorsByName(behind!)).toEqual(await tensorsByName(plain!))
  expect(operators(behind!)).toEqual(operators(plain!))
})

test('products of two activations are quantized when asked for', async () => {
  const builder = new GraphBuilder('main')
  const [a, b] = [builder.input('a', DataType.FLOAT, [2, 3]), builder.input('b', DataType.FLOAT, [3, 2])]
  builder.output(builder.node('MatMul', [a, b], {name: 'attention'}), DataType.FLOAT, [2, 2], 'y')
  const model = builder.build({opset: 17})
  expect(calibratedTensors(model)).toEqual([])
  expect(calibratedTensors(model, {activationProducts: true})).toEqual(['a', 'b'])
})
