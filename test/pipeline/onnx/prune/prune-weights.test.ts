import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import {type Model, memorySource} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType, type TensorProto} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {measureSparsity} from '../../../../src/pipeline/onnx/prune/measure-sparsity.js'
import {parseNOfM} from '../../../../src/pipeline/onnx/prune/n-of-m.js'
import {pruneWeights, type WeightPruning} from '../../../../src/pipeline/onnx/prune/prune-weights.js'
import {bytesTensor} from '../../../../src/pipeline/onnx/tensor.js'
import {bytesOf, floatsOf} from '../../../../src/pipeline/onnx/tensor-values.js'
import {float32ToFloat16} from '../../../../src/pipeline/runtime/float16.js'
import {noise, onnxReference} from '../../../support/onnx-models.js'

interface Golden {
  readonly weights: Readonly<Record<string, {readonly shape: readonly number[]; readonly values: readonly number[]}>>
  readonly masks: Readonly<Record<string, Readonly<Record<string, string>>>>
}
const golden: Golden = JSON.parse(readFileSync(onnxReference('prune/masks.json'), 'utf8'))

const bytes = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The layers of the golden: `a` as Gemm keeps it, `b` behind a Transpose, `c` in a convolution. */
function model(): Model {
  const graph = new GraphBuilder('main')
  const add = (name: string) => {
    const {shape, values} = golden.weights[name]!
    const source = memorySource(bytes(Float32Array.from(values)))
    return graph.weight(name, DataType.FLOAT, shape, {key: name, source})
  }
  const x = graph.input('x', DataType.FLOAT, [1, 16])
  const y = graph.input('y', DataType.FLOAT, [1, 10])
  const z = graph.input('z', DataType.FLOAT, [1, 4, 8])
  graph.output(graph.node('Gemm', [x, add('a')], {attributes: {transB: 1}}), DataType.FLOAT, [1, 12], 'p')
  graph.output(graph.node('MatMul', [y, graph.node('Transpose', [add('b')])]), DataType.FLOAT, [1, 16], 'q')
  graph.output(graph.node('Conv', [z, add('c')], {attributes: {kernel_shape: [3]}}), DataType.FLOAT, [1, 6, 6], 'r')
  return graph.build({opset: 17})
}

const tensors = ({proto}: Model): TensorProto[] => proto.graph?.initializer ?? []

async function maskOf(pruned: Model, name: string): Promise<string> {
  const values = await floatsOf(pruned, tensors(pruned).find(tensor => tensor.name === name)!)
  return Array.from(values, value => (value === 0 ? '0' : '1')).join('')
}

const pruningOf = (key: string): WeightPruning => {
  const [scope = '', amount = ''] = key.split('-')
  if (scope === 'layer' || scope === 'global') return {method: 'l1', amount: Number(amount), scope}
  return {method: 'n:m', ...parseNOfM(key)}
}

test.each(Object.entries(golden.masks))('%s prunes what PyTorch prunes', async (key, masks) => {
  const {model: pruned} = await pruneWeights(model(), pruningOf(key))
  const border = new Map<string, number>()
  const all = Object.entries(masks).map(([name, mask]) => {
    const {values} = golden.weights[name]!
    const zeroed = values.map(Math.abs).filter((_, index) => mask[index] === '0')
    border.set(name, Math.max(...zeroed))
    return {name, mask, values}
  })
  const largest = Math.max(...border.values())
  let [ours, theirs] = [0, 0]
  for (const {name, mask, values} of all) {
    const own = await maskOf(pruned, name)
    const at = key.startsWith('global') ? largest : border.get(name)
    for (const [index, value] of values.entries()) {
      if (mask[index] === '0') theirs++
      // What was zero stays zero, pruned or not.
      if (own[index] === '0' && (value !== 0 || mask[index] === '0')) ours++
      // One magnitude comes several times in the first row of `a`.
      const isTie = key.includes(':') ? Math.abs(value) === 0.5 : Math.abs(value) === at
      if (!isTie && value !== 0) expect([name, index, own[index]]).toEqual([name, index, mask[index]])
    }
  }
  expect(ours).toBe(theirs)
})

test('of equal magnitudes the first go, over pieces and tensors', async () => {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [1, 2])
  for (const name of ['first', 'second']) {
    const source = memorySource(bytes(Float32Array.of(1, -1, 2, 1)))
    const w = graph.weight(name, DataType.FLOAT, [2, 2], {key: name, source})
    graph.output(graph.node('MatMul', [x, w]), DataType.FLOAT, [1, 2], `y_${name}`)
  }
  const {model: pruned} = await pruneWeights(graph.build({opset: 17}), {method: 'l1', amount: 0.5, scope: 'global'})
  expect(await maskOf(pruned, 'first')).toBe('0010')
  expect(await maskOf(pruned, 'second')).toBe('0111')
})

test('weights are masked wherever one begins to read', async () => {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [1, 10])
  const w = graph.weight('w', DataType.FLOAT, [10, 3], {key: 'w', source: memorySource(bytes(noise(30)))})
  graph.output(graph.node('MatMul', [x, w]), DataType.FLOAT, [1, 3], 'y')
  for (const pruning of [pruningOf('2:4'), pruningOf('layer-0.5')]) {
    const {model: pruned} = await pruneWeights(graph.build({opset: 17}), pruning)
    const source = [...pruned.weights].find(([key]) => key.startsWith('pruned'))![1]
    const whole = Buffer.from(await source.read(0, source.byteLength))
    for (let start = 0; start < source.byteLength; start += 20) {
      const part = Buffer.from(await source.read(start, start + 20))
      expect(part.equals(whole.subarray(start, start + 20))).toBe(true)
    }
  }
})

test('half precision keeps its bits, and its groups', async () => {
  const values = noise(32)
  const halves = float32ToFloat16(values)
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT16, [1, 8])
  const w = graph.constant(bytesTensor('w', DataType.FLOAT16, [8, 4], new Uint8Array(halves.buffer)))
  graph.output(graph.node('MatMul', [x, w]), DataType.FLOAT16, [1, 4], 'y')
  const before = graph.build({opset: 17})
  const {model: pruned} = await pruneWeights(before, {method: 'n:m', n: 1, m: 4})
  const after = new Uint16Array((await bytesOf(pruned, tensors(pruned)[0]!)).slice().buffer)
  expect(after.filter(bits => bits !== 0).length).toBe(8)
  for (const [index, bits] of after.entries()) if (bits !== 0) expect(bits).toBe(halves[index])
  expect((await measureSparsity(pruned, {n: 1, m: 4})).layers[0]).toMatchObject({groups: 8, violations: 0, zeros: 24})
  expect((await measureSparsity(before, {n: 1, m: 4})).layers[0]).toMatchObject({violations: 8, zeros: 0})
})

test('an embedding that is also a product stays, and the model that was given does', async () => {
  const graph = new GraphBuilder('main')
  const ids = graph.input('ids', DataType.INT64, [3])
  const table = graph.weight('table', DataType.FLOAT, [20, 16], {key: 't', source: memorySource(bytes(noise(320)))})
  const states = graph.node('Gather', [table, ids])
  graph.output(graph.node('Gemm', [states, table], {attributes: {transB: 1}}), DataType.FLOAT, [3, 20], 'y')
  const {weights, skipped, model: pruned} = await pruneWeights(graph.build({opset: 17}), pruningOf('2:4'))
  expect(weights).toEqual([])
  expect(skipped).toEqual([{name: 'table', reason: 'it is an embedding, too'}])
  expect(await maskOf(pruned, 'table')).not.toContain('0')
  const given = model()
  await pruneWeights(given, pruningOf('2:4'))
  expect(await maskOf(given, 'a')).not.toContain('0')
})

test('weights that are not finite are refused by name', async () => {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [1, 2])
  const source = memorySource(bytes(Float32Array.of(1, Number.NaN, 2, 1)))
  const w = graph.weight('broken', DataType.FLOAT, [2, 2], {key: 'w', source})
  graph.output(graph.node('MatMul', [x, w]), DataType.FLOAT, [1, 2], 'y')
  await expect(pruneWeights(graph.build({opset: 17}), pruningOf('layer-0.5'))).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining('"broken"'),
  })
})

test.each(['4:4', '0:4', '2:65', 'x', '2:'])('%s is no pattern', text =>
  expect(() => parseNOfM(text)).toThrow(/is no pattern n:m/),
)
