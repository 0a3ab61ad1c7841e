import {mkdtemp} from 'node:fs/promises'
import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {convertToFloat16} from '../../../../src/pipeline/onnx/float16.js'
import {Float, GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import {type Model, memorySource} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {parseFixedShape} from '../../../../src/pipeline/onnx/optimize/fix-shapes.js'
import {foldConstants} from '../../../../src/pipeline/onnx/optimize/fold-constants.js'
import {halfInputsAndOutputs} from '../../../../src/pipeline/onnx/optimize/half-io.js'
import {mergeDuplicates} from '../../../../src/pipeline/onnx/optimize/merge-duplicates.js'
import {type OptimizeGraphOptions, optimizeGraph} from '../../../../src/pipeline/onnx/optimize/optimize-graph.js'
import {removeNoOps} from '../../../../src/pipeline/onnx/optimize/remove-no-ops.js'
import {readModel} from '../../../../src/pipeline/onnx/read-model.js'
import {floatTensor, int64Tensor} from '../../../../src/pipeline/onnx/tensor.js'
import {modelGraphs} from '../../../../src/pipeline/onnx/visit.js'
import {atomModel} from '../../../support/atom-models.js'
import {floats, noise, relativeError, runModel} from '../../../support/onnx-models.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../support/shared-data.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

const operators = ({proto}: Model): string[] =>
  [...modelGraphs(proto)].flatMap(({node}) => node.map(({opType}) => opType))

const initializers = ({proto}: Model): string[] =>
  [...modelGraphs(proto)].flatMap(({initializer}) => initializer.map(({name}) => name))

const optimize = async (model: Model, options: Omit<OptimizeGraphOptions, 'folder'>) =>
  await optimizeGraph(model, {...options, folder: await mkdtemp(join(await temporaryFolder(), 'o-'))})

const shape = (graph: GraphBuilder, values: readonly number[]) => graph.constant(int64Tensor('shape', values))
const scalar = (graph: GraphBuilder, value: number) => graph.constant(floatTensor('scalar', [value], []))

/** Each a graph from x [2, 3] to y, with the operators that stay. */
const cases: [string, (graph: GraphBuilder, x: string) => string, string[]][] = [
  ['Identity and Dropout', (g, x) => g.node('Relu', [g.node('Dropout', [g.node('Identity', [x])])]), ['Relu']],
  ['an Identity that gives the output its name', (g, x) => g.node('Identity', [g.node('Relu', [x])]), ['Relu']],
  ['an Identity of the input', (g, x) => g.node('Identity', [x]), ['Identity']],
  [
    'Cast to the same type',
    (g, x) => g.node('Relu', [g.node('Cast', [x], {attributes: {to: DataType.FLOAT}})]),
    ['Relu'],
  ],
  [
    'Cast to a wider type and back',
    (g, x) =>
      g.node('Relu', [
        g.node('Cast', [g.node('Cast', [x], {attributes: {to: DataType.DOUBLE}})], {attributes: {to: DataType.FLOAT}}),
      ]),
    ['Relu'],
  ],
  [
    'Cast to a narrower type and back stays',
    (g, x) =>
      g.node('Relu', [
        g.node('Cast', [g.node('Cast', [x], {attributes: {to: DataType.FLOAT16}})], {attributes: {to: DataType.FLOAT}}),
      ]),
    ['Cast', 'Cast', 'Relu'],
  ],
  [
    'Transposes that undo each other',
    (g, x) =>
      g.node('Relu', [
        g.node('Transpose', [g.node('Transpose', [x], {attributes: {perm: [1, 0]}})], {attributes: {perm: [1, 0]}}),
      ]),
    ['Relu'],
  ],
  [
    'Reshape of Reshape',
    (g, x) => g.node('Relu', [g.node('Reshape', [g.node('Reshape', [x, shape(g, [6])]), shape(g, [3, 2])])]),
    ['Reshape', 'Relu'],
  ],
  [
    'Reshape that takes a size from the one before stays',
    (g, x) => g.node('Reshape', [g.node('Reshape', [x, shape(g, [6])]), shape(g, [0, 1])]),
    ['Reshape', 'Reshape'],
  ],
  [
    'Squeeze after Unsqueeze',
    (g, x) => g.node('Relu', [g.node('Squeeze', [g.node('Unsqueeze', [x, shape(g, [0])]), shape(g, [0])])]),
    ['Relu'],
  ],
  [
    'joins of one',
    (g, x) => g.node('Relu', [g.node('Sum', [g.node('Concat', [x], {attributes: {axis: 0}})])]),
    ['Relu'],
  ],
]

function build(make: (graph: GraphBuilder, x: string) => string): Model {
  const graph = new GraphBuilder('main')
  const y = make(graph, graph.input('x', DataType.FLOAT, [2, 3]))
  graph.output(y, DataType.FLOAT, ['a', 'b'], 'y')
  return graph.build({opset: 17})
}

test.each(cases)('%s', async (_, make, expected) => {
  const model = build(make)
  const before = operators(model)
  const simple = removeNoOps(model)
  checkModel(simple, 'it')
  expect(operators(simple)).toEqual(expected)
  expect(operators(model)).toEqual(before)
  const inputs = {x: floats([2, 3])}
  expect(await runModel(simple, inputs)).toEqual(await runModel(model, inputs))
})

test('constant expressions become their values, shared by branches, and sizes that are known numbers', async () => {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [2, 3])
  const choose = graph.input('choose', DataType.BOOL, [])
  const w = graph.constant(floatTensor('w', noise(6), [2, 3]))
  const double = scalar(graph, 2)
  const branch = (name: string, factor: number) => {
    const inner = new GraphBuilder(name, graph)
    const two = inner.node('Constant', [], {attributes: {value: floatTensor('', [factor], [])}})
    const turned = inner.node('Transpose', [inner.node('Mul', [w, double])])
    const rows = inner.node('Shape', [x], {attributes: {start: 0, end: 1}})
    const count = inner.node('Cast', [rows], {attributes: {to: DataType.FLOAT}})
    const product = inner.node('MatMul', [x, turned])
    inner.output(inner.node('Add', [inner.node('Mul', [product, two]), count]), DataType.FLOAT, [2, 2])
    return inner.graph()
  }
  graph.output(
    graph.node('If', [choose], {attributes: {then_branch: branch('a', 2), else_branch: branch('b', 3)}}),
    DataType.FLOAT,
    [2, 2],
    'y',
  )
  const model = graph.build({opset: 17})
  const folded = await foldConstants(model)
  checkModel(folded, 'it')
  expect(operators(folded)).toEqual(['If', 'MatMul', 'Mul', 'Add', 'MatMul', 'Mul', 'Add'])
  expect(initializers(folded)).toHaveLength(4)
  for (const on of [true, false]) {
    const inputs = {x: floats([2, 3]), choose: new Tensor('bool', [on], [])}
    expect(await runModel(folded, inputs)).toEqual(await runModel(model, inputs))
  }
})

/** A table that is read as it is and, transposed, multiplied with. */
function tied(): Model {
  const graph = new GraphBuilder('main')
  const ids = graph.input('ids', DataType.INT64, [2])
  const values = noise(64 * 512)
  const table = graph.weight('table', DataType.FLOAT, [512, 64], {
    key: 't',
    source: memorySource(new Uint8Array(values.buffer)),
  })
  const states = graph.node('Gather', [table, ids])
  graph.output(graph.node('MatMul', [states, graph.node('Transpose', [table])]), DataType.FLOAT, [2, 512], 'logits')
  return graph.build({opset: 17})
}

test.each([
  [
    'beyond the budget, a second copy of weights is not made, by ONNX Runtime neither',
    1000,
    ['Gather', 'Transpose', 'MatMul'],
  ],
  ['within it, it is', 1 << 20, ['Gather', 'MatMul']],
] as const)('%s', async (_, growthBytes, expected) => {
  const folded = await foldConstants(tied(), {growthBytes})
  expect(operators(folded)).toEqual(expected)
  const inputs = {ids: new Tensor('int64', BigInt64Array.of(3n, 400n), [2])}
  expect(await runModel(folded, inputs)).toEqual(await runModel(tied(), inputs))
})

test('equal initializers are stored once, and equal expressions computed once, by branches too', async () => {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [2, 2])
  const choose = graph.input('choose', DataType.BOOL, [])
  const once = graph.node('Relu', [graph.node('MatMul', [x, graph.constant(floatTensor('w', noise(4), [2, 2]))])])
  const twice = graph.node('Relu', [graph.node('MatMul', [x, graph.constant(floatTensor('v', noise(4), [2, 2]))])])
  const branch = (name: string) => {
    const inner = new GraphBuilder(name, graph)
    const own = inner.constant(floatTensor(`w_${name}`, noise(4), [2, 2]))
    inner.output(inner.node('Add', [inner.node('MatMul', [x, own]), twice]), DataType.FLOAT, [2, 2])
    return inner.graph()
  }
  const chosen = graph.node('If', [choose], {attributes: {then_branch: branch('a'), else_branch: branch('b')}})
  graph.output(graph.node('Add', [once, chosen]), DataType.FLOAT, [2, 2], 'y')
  const model = graph.build({opset: 17})
  const merged = await mergeDuplicates(model)
  checkModel(merged, 'it')
  expect(initializers(merged)).toEqual(['w'])
  expect(operators(merged)).toEqual(['MatMul', 'Relu', 'If', 'Add', 'Add', 'Add'])
  const inputs = {x: floats([2, 2]), choose: new Tensor('bool', [true], [])}
  expect(await runModel(merged, inputs)).toEqual(await runModel(model, inputs))
})

test('nodes that draw at random are neither folded nor merged', async () => {
  const model = build(g => {
    const draw = () => g.node('RandomNormal', [], {attributes: {shape: [2, 3], mean: new Float(0)}})
    return g.node('Add', [draw(), draw()])
  })
  const {model: optimized} = await optimize(model, {level: 'none'})
  expect(operators(optimized)).toEqual(['RandomNormal', 'RandomNormal', 'Add'])
})

describe('fixed shapes', () => {
  const open = () => readModel(atomModel('whisper-atom/onnx/encoder_model.onnx'))

  test('reach the outputs', async () => {
    const {model} = await optimize(await open(), {level: 'none', fixedShapes: [parseFixedShape('batch_size=2')]})
    const inputs = {input_features: floats([2, 80, 3000])}
    const [actual, expected] = [await runModel(model, inputs), await runModel(await open(), inputs)]
    expect(relativeError(actual.last_hidden_state!, expected.last_hidden_state!)).toBeLessThan(1e-5)
    const [output] = model.proto.graph!.output
    const dims = output!.type!.value.case === 'tensorType' ? output!.type!.value.value.shape!.dim : []
    expect(dims.map(({value}) => Number(value.value))).toEqual([2, 1500, 16])
    await expect(runModel(model, {input_features: floats([1, 80, 3000])})).rejects.toThrow(/Got: 1 Expected: 2/)
  })

  test.each([
    ['batch=2', 'The model has no input and no dimension "batch"'],
    ['input_features=1,81,3000', 'does not fit'],
    ['input_features=1,80', 'does not fit'],
  ])('%s is refused', async (text, message) => {
    await expect(optimize(await open(), {fixedShapes: [parseFixedShape(text)]})).rejects.toThrow(message)
  })

  test.each(['x', 'x=', '=1', 'x=1,', 'x=-1'])('%s gives no shape', text =>
    expect(() => parseFixedShape(text)).toThrow(/gives no shape/),
  )
})

test('float16 inputs and outputs have Casts, or none where halves are computed with', async () => {
  const model = build((g, x) => g.node('Relu', [g.node('Add', [x, scalar(g, 0.5)])]))
  const inputs = {x: new Tensor('float16', new Uint16Array(6).fill(0x3c00), [2, 3])}
  const outer = halfInputsAndOutputs(model)
  expect(operators(outer)).toEqual(['Cast', 'Add', 'Relu', 'Cast'])
  const inner = halfInputsAndOutputs(convertToFloat16(model))
  expect(operators(inner)).toEqual(['Add', 'Relu'])
  for (const one of [outer, inner]) {
    checkModel(one, 'it')
    expect([...(await runModel(one, inputs)).y!]).toEqual(new Array(6).fill(0x3e00))
  }
})

const tokens = new Tensor('int64', BigInt64Array.of(1n, 2n, 3n), [1, 3])
const corpus: [string, string, () => Record<string, Tensor>][] = [
  ['a CTC model', atomModel('ctc-atom/onnx/model.onnx'), () => ({input_values: floats([1, 4000])})],
  [
    'a decoder',
    atomModel('whisper-atom/onnx/decoder_model.onnx'),
    () => ({input_ids: tokens, encoder_hidden_states: floats([1, 1500, 16])}),
  ],
  [
    'a quantized encoder',
    atomModel('whisper-atom/onnx/encoder_model_quantized.onnx'),
    () => ({input_features: floats([1, 80, 3000])}),
  ],
]
const levels = [
  ['none', 0],
  ['basic', 1e-5],
  ['extended', 1e-4],
] as const

test.each(
  corpus.flatMap(([title, ...one]) => levels.map(level => [`${title}, level ${level[0]}`, ...one, ...level] as const)),
)('%s: the outputs stay', async (_, path, inputs, level, tolerance) => {
  const {model} = await optimize(await readModel(path), {level})
  checkModel(model, 'it')
  const [actual, expected] = [await runModel(model, inputs()), await runModel(path, inputs())]
  expect(Object.keys(actual)).toEqual(Object.keys(expected))
  for (const [name, values] of Object.entries(expected))
    expect(relativeError(actual[name]!, values)).toBeLessThanOrEqual(tolerance)
})

test('half precision is left to other runtimes than the CPU’s', async () => {
  const {notes} = await optimize(await readModel(atomModel('whisper-atom/onnx/encoder_model_fp16.onnx')), {
    level: 'basic',
  })
  expect(notes.join()).toContain('turns half precision into float32')
})

test.skipIf(!hasSharedData)(
  `a merged decoder by PyTorch loses half its nodes and keeps its size and outputs${needsSharedData}`,
  async () => {
    const path = sharedData('models/whisper-nano/onnx/decoder_model_merged.onnx')
    const source = await readModel(path)
    const {model} = await optimize(source, {level: 'basic'})
    expect(operators(model).length).toBeLessThan(operators(source).length / 2)
    const past = Object.fromEntries(
      source.proto
        .graph!.input.filter(({name}) => name.startsWith('past'))
        .map(({name}) => [name, floats([1, 2, name.includes('encoder') ? 5 : 3, 64])]),
    )
    for (const on of [true, false]) {
      const inputs = {
        ...past,
        input_ids: new Tensor('int64', BigInt64Array.of(5n), [1, 1]),
        encoder_hidden_states: floats([1, 5, 128]),
        use_cache_branch: new Tensor('bool', [on], [1]),
      }
      expect(
        relativeError((await runModel(model, inputs)).logits!, (await runModel(path, inputs)).logits!),
      ).toBeLessThan(1e-5)
    }
  },
)
