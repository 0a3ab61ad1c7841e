import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {checkModel} from '../../../src/pipeline/onnx/check-model.js'
import {convertToFloat16} from '../../../src/pipeline/onnx/float16.js'
import {Float, GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {type Model, memorySource} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {quantizeDynamic} from '../../../src/pipeline/onnx/quantize/dynamic.js'
import {readModel} from '../../../src/pipeline/onnx/read-model.js'
import {floatTensor, int64Tensor} from '../../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import {float16ToFloat32, float32ToFloat16} from '../../../src/pipeline/runtime/float16.js'
import {
  allInitializers,
  floats,
  noise,
  onnxReference,
  relativeError,
  runModel,
  tensorsByName,
} from '../../support/onnx-models.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const Case = z.object({
  name: z.string(),
  graph: z.enum(['values', 'blocked', 'branches']),
  keepIoTypes: z.boolean(),
  blockedNodes: z.array(z.string()),
})
const cases = z.array(Case).parse(JSON.parse(await readFile(onnxReference('float16/cases.json'), 'utf8')))

const half = ({data, dims}: Tensor): Tensor => new Tensor('float16', float32ToFloat16(data as Float32Array), [...dims])

const INPUTS: Record<z.infer<typeof Case>['graph'], Record<string, Tensor>> = {
  values: {x: new Tensor('float32', new Float32Array(423).fill(1), [1, 423])},
  blocked: {x: floats([2, 8])},
  branches: {x: floats([5, 8]), choose: new Tensor('bool', Uint8Array.from([1]), [1])},
}

/** The outputs as floats, whatever they are. */
async function run(model: Model | string, inputs: Record<string, Tensor>): Promise<Record<string, Float32Array>> {
  const path = typeof model === 'string' ? model : join(await temporaryFolder(), 'm.onnx')
  if (typeof model !== 'string') await writeModel(model, path)
  const session = await InferenceSession.create(path, {logSeverityLevel: 3})
  const outputs = await session.run(inputs)
  await session.release()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, {type, data}]) => {
      const bits = data as Uint16Array
      const values = new Uint16Array(bits.buffer, bits.byteOffset, bits.length)
      return [name, type === 'float16' ? float16ToFloat32(values) : Float32Array.from(data as Iterable<number>, Number)]
    }),
  )
}

test.each(cases)(
  '$name: weights are those of Python, bit by bit, and outputs are alike',
  async ({graph, name, ...options}) => {
    const reference = onnxReference(`float16/${name}.onnx`)
    const model = convertToFloat16(await readModel(onnxReference(`float16/${graph}.onnx`)), options)
    checkModel(model, name)
    expect(await tensorsByName(model)).toEqual(await tensorsByName(await readModel(reference)))
    if (graph === 'values') return
    const {x} = INPUTS[graph]
    const inputs = {...INPUTS[graph], x: options.keepIoTypes ? x! : half(x!)}
    const ours = await run(model, inputs)
    const exact = await run(onnxReference(`float16/${graph}.onnx`), INPUTS[graph])
    for (const [output, values] of Object.entries(await run(reference, inputs))) {
      expect(relativeError(ours[output]!, values), output).toBeLessThan(2e-3)
      expect(relativeError(ours[output]!, exact[output]!), output).toBeLessThan(1e-2)
    }
  },
)

const casts = ({proto}: Model): string[] =>
  proto.graph?.node.filter(({opType}) => opType === 'Cast').map(({input, output}) => `${input} → ${output}`) ?? []

test('float32 nodes read float32 inputs as they are, and each cast is made once', () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [2, 4])
  const w = builder.constant(floatTensor('w', noise(4), [4]))
  const a = builder.node('Mul', [x, w], {name: 'a'})
  const b = builder.node('Max', [a, x], {name: 'b'})
  const c = builder.node('Min', [a, b], {name: 'c'})
  builder.output(builder.node('Add', [c, b], {name: 'd'}), DataType.FLOAT, [2, 4], 'y')
  const model = convertToFloat16(builder.build({opset: 17}))
  checkModel(model, 'it')
  expect(casts(model)).toEqual([
    'x → x_cast_to_fp16',
    'a_out → a_out_cast_to_fp32',
    'c_out → c_out_cast_to_fp16',
    'b_out → b_out_cast_to_fp16',
    'y_fp16 → y',
  ])
})

test('only the inputs and outputs that are named stay float32', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [2, 4])
  builder.output(builder.node('Add', [x, builder.input('z', DataType.FLOAT, [2, 4])]), DataType.FLOAT, [2, 4], 'y')
  const model = convertToFloat16(builder.build({opset: 17}), {keepIoTypes: ['x']})
  const inputs = {x: floats([2, 4]), z: half(floats([2, 4], 2))}
  const {y} = await run(model, inputs)
  const expected = noise(8).map((value, index) => value + noise(8, 2)[index]!)
  expect(relativeError(y!, expected)).toBeLessThan(2e-3)
})

test('constants that are float32 without saying so become halves', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [3])
  const shape = builder.constant(int64Tensor('shape', [3]))
  const zeros = builder.node('ConstantOfShape', [shape])
  const two = builder.node('Constant', [], {attributes: {value_float: new Float(2)}})
  const sum = builder.node('Add', [builder.node('Mul', [x, two]), zeros])
  builder.output(sum, DataType.FLOAT, [3], 'y')
  const model = convertToFloat16(builder.build({opset: 17}))
  expect((await run(model, {x: new Tensor('float32', Float32Array.from([1, 2, 3]), [3])})).y).toEqual(
    Float32Array.from([2, 4, 6]),
  )
})

test('the scales of Resize stay float32', async () => {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, [1, 1, 4])
  const scales = builder.constant(floatTensor('scales', [1, 1, 2], [3]))
  builder.output(builder.node('Resize', [x, '', scales]), DataType.FLOAT, [1, 1, 8], 'y')
  const model = convertToFloat16(builder.build({opset: 17}))
  expect(allInitializers(model).map(({dataType}) => dataType)).toEqual([DataType.FLOAT])
  const inputs = {x: new Tensor('float32', Float32Array.from([1, 2, 3, 4]), [1, 1, 4])}
  expect((await run(model, inputs)).y).toEqual(Float32Array.from([1, 1, 2, 2, 3, 3, 4, 4]))
})

test('large weights are converted as they are written, in pieces', async () => {
  const values = noise(3000)
  const builder = new GraphBuilder('main')
  const source = memorySource(new Uint8Array(values.buffer))
  const w = builder.weight('w', DataType.FLOAT, [3000], {key: 'w', source})
  const x = builder.input('x', DataType.FLOAT, [1])
  builder.output(builder.node('Mul', [x, w]), DataType.FLOAT, [3000], 'y')
  const model = convertToFloat16(builder.build({opset: 17}))
  const [key, halfSource] = [...model.weights].find(([name]) => name.startsWith('half:'))!
  expect(key).toBe('half:w')
  const whole = new Uint8Array(float32ToFloat16(values).buffer)
  expect(halfSource.byteLength).toBe(6000)
  for (const [start, end] of [
    [0, 6000],
    [3, 7],
    [10, 11],
    [5999, 6000],
  ] as const)
    expect(await halfSource.read(start, end)).toEqual(whole.slice(start, end))
  const {y} = await runModel(model, {x: new Tensor('float32', Float32Array.from([1]), [1])})
  expect(y).toEqual(float16ToFloat32(float32ToFloat16(values)))
})

test('a quantized model is refused', async () => {
  const {model} = await quantizeDynamic(await readModel(onnxReference('dynamic/shared.onnx')))
  expect(() => convertToFloat16(model)).toThrow('The model is quantized already (it has DynamicQuantizeLinear).')
})
