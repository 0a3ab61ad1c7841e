import {readFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import {z} from 'zod'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {calibratedTensors} from '../../../src/pipeline/onnx/quantize/static/calibrated-tensors.js'
import type {Calibration} from '../../../src/pipeline/onnx/quantize/static/collectors.js'
import {readModel} from '../../../src/pipeline/onnx/read-model.js'
import {floatTensor} from '../../../src/pipeline/onnx/tensor.js'
import {calibrate} from '../../../src/pipeline/quantize/calibrate.js'
import {type CalibrationSample, type Feed, readFeeds} from '../../../src/pipeline/quantize/calibration-file.js'
import {noise, onnxReference} from '../../support/onnx-models.js'

const Calibrated = z.object({
  name: z.string(),
  graph: z.string(),
  calibration: z.custom<Calibration>(value => typeof value === 'object' && value !== null && 'method' in value),
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
})
const {models} = z
  .object({models: z.array(Calibrated)})
  .parse(JSON.parse(await readFile(onnxReference('static/calibrations.json'), 'utf8')))

test.each(models)('$name: ranges are those of Python', async ({graph, calibration, ranges}) => {
  const model = await readModel(onnxReference(`static/${graph}.onnx`))
  const samples = readFeeds(onnxReference(`static/${graph}.safetensors`))
  // So few bytes that each tensor needs a pass of its own.
  const found = await calibrate(model, Object.keys(ranges), samples, {calibration, bytes: 1, threads: 1})
  expect(Object.fromEntries([...found].map(([name, {lowest, highest}]) => [name, [lowest, highest]]))).toEqual(ranges)
})

const float = (data: readonly number[], shape: readonly number[] = [1, data.length]): Feed => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
})

/** A table that integers choose from, and a truth that says which of two values goes on. */
function mixed(): Model {
  const builder = new GraphBuilder('main')
  const ids = builder.input('ids', DataType.INT64, [1, 'n'])
  const choose = builder.input('choose', DataType.BOOL, [1])
  const x = builder.input('x', DataType.FLOAT, [1, 'n'])
  const table = builder.constant(floatTensor('table', [1, 2, 3, 4], [4]))
  const either = builder.node('Where', [choose, builder.node('Gather', [table, ids]), x])
  const w = builder.constant(floatTensor('w', noise(4), [1, 4]))
  const column = builder.node('Unsqueeze', [either, builder.constant(axes())], {name: 'column'})
  builder.output(builder.node('MatMul', [column, w], {name: 'product'}), DataType.FLOAT, [1, 'n', 4], 'y')
  return builder.build({opset: 17})
}

function axes() {
  const tensor = floatTensor('axes', [0, 0], [2])
  tensor.dataType = DataType.INT64
  tensor.dims = [1n]
  tensor.rawData = new Uint8Array(BigInt64Array.of(2n).buffer)
  return tensor
}

const good = {
  ids: {type: 'int64', shape: [1, 2], data: BigInt64Array.of(3n, 1n)},
  choose: {type: 'bool', shape: [1], data: Uint8Array.of(1)},
  x: float([-7, 9]),
} as const satisfies CalibrationSample['feeds']

const run = (feeds: CalibrationSample['feeds'], calibration?: Calibration) =>
  calibrate(mixed(), calibratedTensors(mixed()), [{sample: 'a/1', feeds}], {calibration, threads: 1})

test('integers and truths are fed as they are, and of what is not chosen nothing is seen', async () => {
  const [range] = [...(await run(good)).values()]
  expect(range).toEqual({lowest: 2, highest: 4})
  const other = {...good, choose: {type: 'bool', shape: [1], data: Uint8Array.of(0)}} as const
  expect([...(await run(other)).values()][0]).toEqual({lowest: -7, highest: 9})
})

const {ids, choose, x} = good

test.each<[string, CalibrationSample['feeds'], string]>([
  ['an input is missing', {ids, choose}, 'has no "x"'],
  ['an input has another name', {ids, choose, x, idz: ids}, 'has "idz", which is no input of the model; is it "ids"?'],
  ['an input has another type', {ids: float([1, 2]), choose, x}, 'has "ids" of type float32, not int64'],
  ['an input has another rank', {ids, choose, x: float([1, 2], [2])}, 'has "x" of shape [2], not [1, n]'],
  ['an input has another size', {ids, choose, x: float([1, 2], [2, 1])}, 'has "x" of shape [2, 1], not [1, n]'],
  ['values are missing', {ids, choose, x: float([1], [1, 2])}, 'has "x" with 1 values, not 2'],
])('%s: refused, and the sample is named', async (_, feeds, problem) => {
  await expect(run(feeds)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `Calibration sample "a/1" ${problem}.`,
    hint: 'The model takes ids: int64[1, n]; choose: bool[1]; x: float32[1, n].',
  })
})

test.each<Calibration>([{method: 'minmax'}, {method: 'percentile'}, {method: 'entropy'}])(
  'values without an end are refused by $method, with the tensor and the sample',
  async calibration => {
    for (const odd of [Number.NaN, Number.NEGATIVE_INFINITY])
      await expect(
        run({...good, choose: {...choose, data: Uint8Array.of(0)}, x: float([odd, 2])}, calibration),
      ).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: expect.stringMatching(
          /^Tensor ".*" cannot be calibrated: with sample "a\/1" it has the value (NaN|-Infinity)\.$/,
        ),
      })
  },
)

test('no samples, no values and no tensors are refused', async () => {
  const model = mixed()
  const tensors = calibratedTensors(model)
  await expect(calibrate(model, tensors, [])).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'There are no calibration samples.',
  })
  await expect(calibrate(model, [], [{sample: 'a', feeds: good}])).rejects.toMatchObject({code: 'OPTION_UNSUPPORTED'})
  const empty = {...good, ids: {...ids, shape: [1, 0], data: new BigInt64Array(0)}, x: float([], [1, 0])}
  await expect(run(empty)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^No calibration sample gave tensor ".*" any values\.$/),
  })
})

test('progress counts the samples of all passes, and a signal ends it', async () => {
  const seen: unknown[] = []
  const samples = [1, 2].map(sample => ({sample: String(sample), feeds: good}))
  const tensors = calibratedTensors(mixed())
  await calibrate(mixed(), tensors, samples, {calibration: {method: 'percentile'}, onProgress: one => seen.push(one)})
  expect(seen).toEqual([1, 2, 3, 4].map(done => ({done, total: done < 3 ? undefined : 4})))
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(calibrate(mixed(), tensors, samples, {signal})).rejects.toThrow('enough')
})
