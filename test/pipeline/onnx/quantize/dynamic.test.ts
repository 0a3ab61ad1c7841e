import {readFile} from 'node:fs/promises'
import {Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {quantizeDynamic} from '../../../../src/pipeline/onnx/quantize/dynamic.js'
import {readModel} from '../../../../src/pipeline/onnx/read-model.js'
import {boolTensor, floatTensor} from '../../../../src/pipeline/onnx/tensor.js'
import {modelGraphs} from '../../../../src/pipeline/onnx/visit.js'
import {floats, noise, onnxReference, relativeError, runModel, tensorsByName} from '../../../support/onnx-models.js'

const Case = z.object({
  name: z.string(),
  graph: z.enum(['shared', 'gemm', 'table', 'branches', 'odd']),
  weightType: z.enum(['int8', 'uint8']),
  perChannel: z.boolean(),
  reduceRange: z.boolean(),
  opTypes: z.array(z.string()),
  exclude: z.array(z.string()),
})
const cases = z.array(Case).parse(JSON.parse(await readFile(onnxReference('dynamic/cases.json'), 'utf8')))

const INPUTS: Record<z.infer<typeof Case>['graph'], Record<string, Tensor>> = {
  shared: {x: floats([2, 3, 16])},
  gemm: {x: floats([4, 10])},
  table: {ids: new Tensor('int64', BigInt64Array.from([0n, 29n, 3n, 3n]), [4])},
  branches: {x: floats([5, 8]), choose: new Tensor('bool', Uint8Array.from([1]), [1])},
  odd: {x: floats([1, 2, 8])},
}

/** Their transposed weights have their own name there, or the old one. */
const integerName = (name: string) =>
  /_(?:quantized|scale|zero_point)$/.test(name) ? name.replace('_transposed', '') : `float ${name}`

const operators = ({proto}: Model): string[] =>
  [...modelGraphs(proto)].flatMap(({node}) => node.map(({opType}) => opType)).sort()

test.each(cases)(
  '$name: weights are those of Python, bit by bit, and outputs are alike',
  async ({graph, name, ...options}) => {
    const reference = onnxReference(`dynamic/${name}.onnx`)
    const expected = await readModel(reference)
    // Two graphs share one list of what is left out.
    const selection = {...options, unmatched: 'ignore'} as const
    const {model} = await quantizeDynamic(await readModel(onnxReference(`dynamic/${graph}.onnx`)), selection)
    checkModel(model, name)
    expect(await tensorsByName(model, integerName)).toEqual(await tensorsByName(expected, integerName))
    // A table's integers go into the product as they are there; here they become floats first.
    if (graph !== 'table') expect(operators(model)).toEqual(operators(expected))
    const ours = await runModel(model, INPUTS[graph])
    const theirs = await runModel(reference, INPUTS[graph])
    const tolerance = graph === 'table' ? 0.02 : 1e-6
    for (const [output, values] of Object.entries(theirs))
      expect(relativeError(ours[output]!, values), output).toBeLessThanOrEqual(tolerance)
  },
)

test('the quantized model stays close to the float one, and the float one as it was', async () => {
  const path = onnxReference('dynamic/branches.onnx')
  const model = await readModel(path)
  const before = JSON.stringify(operators(model))
  const {model: quantized, nodes} = await quantizeDynamic(model)
  expect(JSON.stringify(operators(model))).toBe(before)
  expect(nodes.map(({name, opType, weight}) => [name, opType, weight])).toEqual([
    ['before', 'MatMul', 'shared'],
    ['else_outer', 'MatMul', 'shared'],
    ['else_own', 'MatMul', 'else_w'],
    ['then_outer', 'MatMul', 'shared'],
    ['then_own', 'MatMul', 'then_w'],
    ['last', 'MatMul', 'last'],
  ])
  for (const choice of [0, 1]) {
    const inputs = {...INPUTS.branches, choose: new Tensor('bool', Uint8Array.from([choice]), [1])}
    const {y} = await runModel(quantized, inputs)
    expect(relativeError(y!, (await runModel(path, inputs)).y!)).toBeLessThan(0.02)
  }
})

function product(weights: Float32Array, opset = 17): Model {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 4])
  const w = builder.constant(floatTensor('decoder.w', weights, [4, 2]))
  builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, [1, 2], 'y')
  return builder.build({opset})
}

test.each([
  ['NaN', [1, 2, Number.NaN, 4, 5, 6, 7, 8], 'it has NaN or infinite values'],
  ['infinity', [1, 2, Number.NEGATIVE_INFINITY, 4, 5, 6, 7, 8], 'it has NaN or infinite values'],
  ['a range beyond floats', [3e38, 1, -3e38, 1, 1, 1, 1, 1], 'its values are too far apart for a scale'],
])('weights with %s are refused by name', async (_, weights, problem) => {
  await expect(quantizeDynamic(product(Float32Array.from(weights)))).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: `Tensor "decoder.w" cannot be quantized: ${problem}.`,
  })
})

test('models before the operators of dynamic quantization are refused', async () => {
  await expect(quantizeDynamic(product(noise(8), 10))).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: 'The model is of opset 10; dynamic quantization needs 11 or later.',
  })
})

test('branches whose weights have the same name keep their own', async () => {
  const outer = new GraphBuilder('main')
  const x = outer.input('x', DataType.FLOAT, [1, 4])
  const choose = outer.input('choose', DataType.BOOL, [])
  const branch = (name: string, seed: number) => {
    const inner = new GraphBuilder(name)
    const w = inner.constant(floatTensor('w', noise(8, seed), [4, 2]))
    inner.output(inner.node('MatMul', [x, w], {name: `${name}_product`}), DataType.FLOAT, [1, 2])
    return inner.graph()
  }
  const attributes = {then_branch: branch('then', 1), else_branch: branch('else', 2)}
  outer.output(outer.node('If', [choose], {attributes}), DataType.FLOAT, [1, 2], 'y')
  const model = outer.build({opset: 17})
  const {model: quantized} = await quantizeDynamic(model)
  for (const choice of [0, 1]) {
    const inputs = {x: floats([1, 4]), choose: new Tensor('bool', Uint8Array.from([choice]), [])}
    expect(relativeError((await runModel(quantized, inputs)).y!, (await runModel(model, inputs)).y!)).toBeLessThan(0.02)
  }
})

test('weights behind a Transpose are quantized as they are without it', async () => {
  const make = (hasTranspose: boolean) => {
    const builder = new GraphBuilder('main')
    const x = builder.input('x', DataType.FLOAT, [3, 4])
    const stored = noise(20)
    const turned = Float32Array.from(stored, (_, index) => stored[(index % 5) * 4 + Math.floor(index / 5)]!)
    const w = hasTranspose
      ? builder.node('Transpose', [builder.constant(floatTensor('w', stored, [5, 4]))], {attributes: {perm: [1, 0]}})
      : builder.constant(floatTensor('w', turned, [4, 5]))
    builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, [3, 5], 'y')
    return builder.build({opset: 17})
  }
  const [behind, plain] = await Promise.all([true, false].map(async has => (await quantizeDynamic(make(has))).model))
  expect(await tensorsByName(behind!, integerName)).toEqual(await tensorsByName(plain!, integerName))
  expect(operators(behind!)).toEqual(operators(plain!))
})

test('batches of matrices have one scale', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [2, 3, 4])
  const w = builder.constant(floatTensor('w', noise(40), [2, 4, 5]))
  builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, [2, 3, 5], 'y')
  const model = builder.build({opset: 17})
  const {model: quantized} = await quantizeDynamic(model)
  const inputs = {x: floats([2, 3, 4])}
  expect(relativeError((await runModel(quantized, inputs)).y!, (await runModel(model, inputs)).y!)).toBeLessThan(0.02)
})

test('an initializer that is an input too leaves both lists', async () => {
  const model = product(noise(8))
  const w = new GraphBuilder('inputs')
  w.input('decoder.w', DataType.FLOAT, [4, 2])
  model.proto.graph?.input.push(...w.graph().input)
  const {model: quantized} = await quantizeDynamic(model)
  expect(quantized.proto.graph?.input.map(({name}) => name)).toEqual(['x'])
  await runModel(quantized, {x: floats([1, 4])})
})

test.each([
  [{include: ['*.product'], exclude: ['b*']}, ['a.product']],
  [{include: ['*.product']}, ['a.product', 'b.product']],
  [{exclude: ['a.*']}, ['b.product', 'c']],
])('nodes are chosen by patterns: %j', async (selection, chosen) => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 4])
  const w = builder.constant(floatTensor('w', noise(16), [4, 4]))
  let value = x
  for (const name of ['a.product', 'b.product', 'c']) value = builder.node('MatMul', [value, w], {name})
  builder.constant(boolTensor('idle', [true]))
  builder.output(value, DataType.FLOAT, [1, 4], 'y')
  const {nodes} = await quantizeDynamic(builder.build({opset: 17}), selection)
  expect(nodes.map(({name}) => name)).toEqual(chosen)
})
