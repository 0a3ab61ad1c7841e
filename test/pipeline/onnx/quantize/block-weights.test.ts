import {readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {quantizeBlockWeights} from '../../../../src/pipeline/onnx/quantize/block-weights.js'
import {BLOCK_SIZES} from '../../../../src/pipeline/onnx/quantize/blocks.js'
import {readModel} from '../../../../src/pipeline/onnx/read-model.js'
import {floatTensor} from '../../../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../../../src/pipeline/onnx/write-model.js'
import {floats, noise, onnxReference, relativeError, runModel, tensorsByName} from '../../../support/onnx-models.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

const Case = z.object({
  name: z.string(),
  graph: z.enum(['products', 'branches', 'table']),
  bits: z.literal([4, 8]),
  blockSize: z.literal(BLOCK_SIZES),
  symmetric: z.boolean(),
  opTypes: z.array(z.string()),
  exclude: z.array(z.string()),
})
const cases = z.array(Case).parse(JSON.parse(await readFile(onnxReference('blocks/cases.json'), 'utf8')))

const INPUTS: Record<z.infer<typeof Case>['graph'], Record<string, Tensor>> = {
  products: {x: floats([1, 3, 64])},
  branches: {x: floats([5, 32]), choose: new Tensor('bool', Uint8Array.from([1]), [1])},
  table: {ids: new Tensor('int64', BigInt64Array.from([0n, 19n, 3n, -1n]), [4])},
}

test.each(cases.filter(({graph}) => graph !== 'table'))(
  '$name: weights are those of Python, bit by bit, and outputs too',
  async ({graph, name, ...options}) => {
    const reference = onnxReference(`blocks/${name}.onnx`)
    const {model} = await quantizeBlockWeights(await readModel(onnxReference(`blocks/${graph}.onnx`)), options)
    checkModel(model, name)
    expect(await tensorsByName(model)).toEqual(await tensorsByName(await readModel(reference)))
    expect(await runModel(model, INPUTS[graph])).toEqual(await runModel(reference, INPUTS[graph]))
  },
)

test.each(cases.filter(({graph}) => graph === 'table'))(
  '$name: a table is as near to the floats as Python’s',
  async ({graph, name, ...options}) => {
    const floatPath = onnxReference('blocks/table.onnx')
    const {model} = await quantizeBlockWeights(await readModel(floatPath), options)
    checkModel(model, name)
    const exact = (await runModel(floatPath, INPUTS[graph])).y!
    const theirs = (await runModel(onnxReference(`blocks/${name}.onnx`), INPUTS[graph])).y!
    const ours = (await runModel(model, INPUTS[graph])).y!
    expect(relativeError(ours, exact)).toBeLessThanOrEqual(relativeError(theirs, exact) * 1.01)
  },
)

const VOCABULARY = 100
const WIDTH = 64

/** A table and a last product on the same weights, tied in one of the ways that exporters know. */
function tied(how: 'gemm' | 'transpose' | 'copy'): Model {
  const builder = new GraphBuilder('main')
  const ids = builder.input('ids', DataType.INT64, ['n'])
  const values = noise(VOCABULARY * WIDTH)
  const turned = Float32Array.from(
    values,
    (_, index) => values[(index % VOCABULARY) * WIDTH + Math.floor(index / VOCABULARY)]!,
  )
  const table = builder.constant(floatTensor('embedding', values, [VOCABULARY, WIDTH]))
  const embedded = builder.node('Gather', [table, ids])
  const product = () => {
    if (how === 'gemm') return builder.node('Gemm', [embedded, table], {attributes: {transB: 1}})
    if (how === 'transpose')
      return builder.node('MatMul', [embedded, builder.node('Transpose', [table], {attributes: {perm: [1, 0]}})])
    return builder.node('MatMul', [embedded, builder.constant(floatTensor('head', turned, [WIDTH, VOCABULARY]))])
  }
  builder.output(product(), DataType.FLOAT, ['n', VOCABULARY], 'logits')
  return builder.build({opset: 17})
}

test.each([
  ['gemm', 4, true],
  ['gemm', 8, false],
  ['transpose', 4, false],
  ['transpose', 8, true],
  ['copy', 4, true],
  ['copy', 8, true],
] as const)('an embedding tied by %s is stored once in %i bits', async (how, bits, symmetric) => {
  const model = tied(how)
  const {model: quantized} = await quantizeBlockWeights(model, {
    bits,
    symmetric,
    blockSize: 32,
    opTypes: ['MatMul', 'Gemm', 'Gather'],
  })
  checkModel(quantized, how)
  expect(quantized.proto.graph?.node.map(({opType}) => opType)).toEqual(['GatherBlockQuantized', 'MatMulNBits'])
  const path = join(await temporaryFolder(), 'm.onnx')
  await writeModel(quantized, path, {externalDataBytes: 0})
  const blocks = (VOCABULARY * WIDTH) / 32
  const bytes = (VOCABULARY * WIDTH * bits) / 8 + blocks * 4 + (symmetric ? 0 : (blocks * bits) / 8)
  // Each tensor starts at a multiple of 4096, and the last one ends where it ends.
  expect((await stat(`${path}_data`)).size).toBeLessThan(bytes + 3 * 4096)
  const inputs = {ids: new Tensor('int64', BigInt64Array.from([7n, 99n]), [2])}
  const expected = (await runModel(model, inputs)).logits!
  expect(relativeError((await runModel(path, inputs)).logits!, expected)).toBeLessThan(bits === 4 ? 0.15 : 0.02)
})

test('a Gemm’s bias is added', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [2, 32])
  const w = builder.constant(floatTensor('w', noise(32 * 6), [32, 6]))
  const bias = builder.constant(floatTensor('b', noise(6, 2), [6]))
  builder.output(builder.node('Gemm', [x, w, bias]), DataType.FLOAT, [2, 6], 'y')
  const model = builder.build({opset: 17})
  const {model: quantized} = await quantizeBlockWeights(model, {bits: 8})
  const inputs = {x: floats([2, 32])}
  expect(relativeError((await runModel(quantized, inputs)).y!, (await runModel(model, inputs)).y!)).toBeLessThan(0.02)
})

test('weights that are not finite are refused by name', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 2])
  const w = builder.constant(floatTensor('broken.w', [1, Number.NaN], [2, 1]))
  builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, [1, 1], 'y')
  await expect(quantizeBlockWeights(builder.build({opset: 17}), {bits: 4})).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: 'Tensor "broken.w" cannot be quantized: it has NaN or infinite values.',
  })
})

test('a model without such weights stays as it is', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [2, 2])
  builder.output(builder.node('MatMul', [x, x]), DataType.FLOAT, [2, 2], 'y')
  const model = builder.build({opset: 17})
  expect((await quantizeBlockWeights(model, {bits: 4})).model).toBe(model)
})
