import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {readModelFolder} from '../../src/pipeline/models/read-model-folder.js'
import {GraphBuilder} from '../../src/pipeline/onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {floatTensor} from '../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {PRESETS, type Recipe} from '../../src/pipeline/quantize/recipes.js'
import {type QuantizeEvent, quantizeModel} from '../../src/pipeline/quantize-model.js'
import {floats, noise, relativeError, runModel} from '../support/onnx-models.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {temporaryFolder} from './transcripts/temporary-folder.js'

async function quantize(from: string, to: string, recipe: Recipe, signal?: AbortSignal): Promise<QuantizeEvent[]> {
  const events: QuantizeEvent[] = []
  for await (const event of quantizeModel({from, to, recipe, signal})) events.push(event)
  return events
}

/** A folder in Hugging Face's layout whose model is one product. */
async function tinyFolder(weights = noise(64 * 32)): Promise<string> {
  const folder = join(await temporaryFolder(), 'tiny')
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, ['n', 64])
  const w = builder.constant(floatTensor('w', weights, [64, 32]))
  builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, ['n', 32], 'y')
  await writeModel(builder.build({opset: 17}), join(folder, 'onnx/model.onnx'))
  await writeFile(join(folder, 'config.json'), '{"architectures": ["Wav2Vec2ForCTC"]}')
  await writeFile(join(folder, 'vocab.json'), '{}')
  await writeFile(join(folder, 'model.safetensors'), 'weights')
  await writeFile(join(folder, 'lingulu.json'), '{}')
  return folder
}

const RECIPES: readonly (readonly [suffix: string, recipe: Recipe, error: number])[] = [
  ['_int8', PRESETS.cpu, 0.02],
  ['_uint8', {method: 'dynamic', options: {weightType: 'uint8'}}, 0.02],
  ['_fp16', PRESETS.gpu, 1e-3],
  ['_q4', PRESETS.smallest, 0.2],
  ['_quantized', {method: 'weights', options: {bits: 8}}, 0.02],
]

test.each(RECIPES)('a folder becomes one with model%s.onnx', async (suffix, recipe, error) => {
  const from = await tinyFolder()
  const to = join(from, '../made')
  const events = await quantize(from, to, recipe)
  const file = `onnx/model${suffix}.onnx`
  expect(events.map(({type}) => type)).toEqual(['start', 'model', 'done'])
  expect(events[1]).toMatchObject({source: 'onnx/model.onnx', target: file})
  expect((await readdir(to, {recursive: true})).sort()).toEqual(
    ['config.json', 'lingulu.json', 'onnx', file, 'vocab.json'].sort(),
  )
  const record = JSON.parse(await readFile(join(to, 'lingulu.json'), 'utf8'))
  expect(record).toMatchObject({
    format: 'lingulu-quantize',
    source: {name: 'tiny', files: [{path: 'onnx/model.onnx', sha256: expect.stringMatching(/^[0-9a-f]{64}$/)}]},
    recipe,
    files: [{path: file}],
  })
  const inputs = {x: floats([3, 64])}
  const expected = (await runModel(join(from, 'onnx/model.onnx'), inputs)).y!
  expect(relativeError((await runModel(join(to, file), inputs)).y!, expected)).toBeLessThan(error)
})

test('one ONNX file becomes one in a new folder', async () => {
  const from = await tinyFolder()
  const to = join(from, '../one')
  await quantize(join(from, 'onnx/model.onnx'), to, PRESETS.cpu)
  expect((await readdir(to)).sort()).toEqual(['lingulu.json', 'model_int8.onnx'])
})

test('a folder that is there is refused, and stays', async () => {
  const from = await tinyFolder()
  await expect(quantize(from, from, PRESETS.cpu)).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  expect(await readFile(join(from, 'model.safetensors'), 'utf8')).toBe('weights')
})

test.each<[string, Recipe, Float32Array, string]>([
  ['weights that are not finite', PRESETS.cpu, noise(64 * 32).fill(Number.NaN), 'MODEL_INVALID'],
  ['nothing to quantize', {method: 'dynamic', options: {opTypes: ['Gather']}}, noise(64 * 32), 'OPTION_UNSUPPORTED'],
])('%s: it fails and nothing is left', async (_, recipe, weights, code) => {
  const from = await tinyFolder(weights)
  const parent = join(from, '../out')
  await mkdir(parent)
  await expect(quantize(from, join(parent, 'made'), recipe)).rejects.toMatchObject({code})
  expect(await readdir(parent)).toEqual([])
})

test('an abort leaves nothing', async () => {
  const from = await tinyFolder()
  const parent = join(from, '../out')
  await mkdir(parent)
  const controller = new AbortController()
  const events = quantizeModel({from, to: join(parent, 'made'), recipe: PRESETS.cpu, signal: controller.signal})
  await events.next()
  controller.abort(new Error('enough'))
  await expect(events.next()).rejects.toThrow('enough')
  expect(await readdir(parent)).toEqual([])
})

describe.skipIf(!hasSharedData)(`real models${needsSharedData}`, () => {
  const whisper = sharedData('models/whisper-nano')

  test.each([
    ['cpu', 'int8'],
    ['gpu', 'fp16'],
    ['smallest', 'q4'],
  ] as const)('Whisper by the preset %s is a model of precision %s', async (preset, precision) => {
    const to = join(await temporaryFolder(), 'made')
    const events = await quantize(whisper, to, PRESETS[preset])
    const folder = await readModelFolder(to)
    expect(folder).toMatchObject({kind: 'whisper', precision})
    const done = events.at(-1)
    if (done?.type !== 'done') throw new Error('it is not done')
    expect(done.targetBytes).toBeLessThan(done.sourceBytes * 0.6)
  })

  test('wav2vec2 in half precision hears the same', async () => {
    const from = sharedData('models/wav2vec2-nano')
    const to = join(await temporaryFolder(), 'made')
    await quantize(from, to, PRESETS.gpu)
    expect(await readModelFolder(to)).toMatchObject({kind: 'ctc', precision: 'fp16'})
    const inputs = {input_values: new Tensor('float32', noise(16_000), [1, 16_000])}
    const expected = await runModel(join(from, 'onnx/model.onnx'), inputs)
    const actual = await runModel(join(to, 'onnx/model_fp16.onnx'), inputs)
    expect(relativeError(actual.logits!, expected.logits!)).toBeLessThan(1e-2)
  })
})
