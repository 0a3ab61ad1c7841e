import {createHash} from 'node:crypto'
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {readModelFolder} from '../../src/pipeline/models/read-model-folder.js'
import {GraphBuilder} from '../../src/pipeline/onnx/graph-builder.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {readModel} from '../../src/pipeline/onnx/read-model.js'
import {int64Tensor} from '../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import type {QuantizeEvent} from '../../src/pipeline/quantize/quantize-events.js'
import {type QuantizeModelOptions, quantizeModel} from '../../src/pipeline/quantize-model.js'
import {writeCtcAtomCheckpoint} from '../support/atom-checkpoints.js'
import {exportAll, goldenCheckpoint} from '../support/export.js'
import {floats, noise, relativeError, runModel} from '../support/onnx-models.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {readTree, temporaryFolder} from './transcripts/temporary-folder.js'

type Recipe = QuantizeModelOptions['recipe']

async function quantize(
  model: string,
  out: string,
  recipe: Recipe,
  options: Partial<QuantizeModelOptions> & {readonly signal?: AbortSignal} = {},
): Promise<QuantizeEvent[]> {
  const {signal, ...rest} = options
  const events: QuantizeEvent[] = []
  for await (const event of quantizeModel({model, out, recipe, ...rest}, {signal})) events.push(event)
  return events
}

const WIDTH = 64

/** `y = x · w`, and with a table, whose rows `z` are. */
async function writeProduct(path: string, {weights = noise(WIDTH * 32), table = false} = {}): Promise<void> {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, ['n', WIDTH])
  const source = memorySource(new Uint8Array(weights.buffer))
  const w = builder.weight('w', DataType.FLOAT, [WIDTH, 32], {key: 'w', source})
  builder.output(builder.node('MatMul', [x, w], {name: '/layers.0/MatMul'}), DataType.FLOAT, ['n', 32], 'y')
  if (table) {
    const rows = memorySource(new Uint8Array(noise(100 * WIDTH, 2).buffer))
    const t = builder.weight('t', DataType.FLOAT, [100, WIDTH], {key: 't', source: rows})
    const taken = builder.node('Gather', [t, builder.constant(int64Tensor('ids', [3, 5]))], {name: '/embed/Gather'})
    builder.output(taken, DataType.FLOAT, [2, WIDTH], 'z')
  }
  await writeModel(builder.build({opset: 17}), path)
}

/** A folder in Hugging Face's layout. */
async function ctcFolder(weights?: Float32Array): Promise<string> {
  const folder = join(await temporaryFolder(), 'tiny')
  await writeProduct(join(folder, 'onnx/model.onnx'), weights === undefined ? {} : {weights})
  await writeFile(join(folder, 'config.json'), '{"architectures": ["Wav2Vec2ForCTC"]}')
  await writeFile(join(folder, 'vocab.json'), '{}')
  await writeFile(join(folder, 'model.safetensors'), 'weights')
  await writeFile(join(folder, 'lingulu.json'), '{}')
  return folder
}

async function whisperFolder(): Promise<string> {
  const folder = join(await temporaryFolder(), 'tiny')
  await writeProduct(join(folder, 'onnx/encoder_model.onnx'))
  await writeProduct(join(folder, 'onnx/decoder_model_merged.onnx'), {table: true})
  await writeFile(join(folder, 'config.json'), '{"model_type": "whisper"}')
  return folder
}

const models = (events: readonly QuantizeEvent[]) =>
  events.flatMap(event => (event.type === 'model' ? [`${event.target} ${event.nodes}`] : []))
const notes = (events: readonly QuantizeEvent[]) =>
  events.flatMap(event => (event.type === 'note' ? [event.message] : []))

test.each<[suffix: string, recipe: Recipe, error: number]>([
  ['_int8', 'cpu', 0.02],
  ['_uint8', {model: [{method: 'dynamic-int8', weightType: 'uint8', perChannel: false}]}, 0.02],
  ['_q4', 'smallest', 0.2],
])('a folder becomes one with model%s.onnx', async (suffix, recipe, error) => {
  const from = await ctcFolder()
  const before = await readTree(from)
  const to = join(from, '../made')
  const events = await quantize(from, to, recipe)
  const file = `onnx/model${suffix}.onnx`
  expect(events.map(({type}) => type).filter(type => type !== 'progress')).toEqual(['start', 'model', 'done'])
  expect(events.filter(({type}) => type === 'progress').at(-1)).toMatchObject({source: 'onnx/model.onnx', fraction: 1})
  expect(models(events)).toEqual([`${file} 1`])
  expect(Object.keys(await readTree(to)).sort()).toEqual(['config.json', 'lingulu.json', file, 'vocab.json'].sort())
  const record = JSON.parse(await readFile(join(to, 'lingulu.json'), 'utf8'))
  const sha256 = createHash('sha256')
    .update(await readFile(join(to, file)))
    .digest('hex')
  expect(record).toMatchObject({
    format: 'lingulu-quantize',
    source: {name: 'tiny', files: [{path: 'onnx/model.onnx', sha256: expect.stringMatching(/^[0-9a-f]{64}$/)}]},
    files: expect.arrayContaining([expect.objectContaining({path: file, sha256})]),
  })
  expect(events.at(-1)).toMatchObject({folder: to, record})
  const inputs = {x: floats([3, WIDTH])}
  const expected = (await runModel(join(from, 'onnx/model.onnx'), inputs)).y!
  expect(relativeError((await runModel(join(to, file), inputs)).y!, expected)).toBeLessThan(error)
  expect(await readTree(from)).toEqual(before)
})

describe('each part of Whisper by its own steps', () => {
  test.each<[string, Recipe, string[]]>([
    ['the preset cpu', 'cpu', ['onnx/encoder_model_int8.onnx 1', 'onnx/decoder_model_merged_w8.onnx 2']],
    [
      'a part without steps stays as it is',
      {decoder: [{method: 'int4-weights'}]},
      ['onnx/encoder_model.onnx 0', 'onnx/decoder_model_merged_q4.onnx 1'],
    ],
    [
      'so does one in which a step finds nothing, while another has it',
      {steps: [{method: 'dynamic-int8', opTypes: ['Gather']}]},
      ['onnx/encoder_model.onnx 0', 'onnx/decoder_model_merged_int8.onnx 1'],
    ],
  ])('%s', async (_, recipe, expected) => {
    const from = await whisperFolder()
    const to = join(from, '../made')
    expect(models(await quantize(from, to, recipe))).toEqual(expected)
    const files = expected.map(text => text.slice('onnx/'.length, text.indexOf(' ')))
    expect((await readdir(join(to, 'onnx'))).sort()).toEqual(files.sort())
  })
})

test('the layout with the decode loop inside: products in the loop too', async () => {
  const from = join(await temporaryFolder(), 'fused')
  await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out: from})
  const to = join(from, '../made')
  const made = models(await quantize(from, to, 'cpu'))
  expect(made).toEqual([
    expect.stringMatching(/^onnx\/encoder_fused_int8\.onnx \d\d$/),
    expect.stringMatching(/^onnx\/decoder_fused_w8\.onnx \d\d$/),
  ])
  expect((await readdir(join(to, 'onnx'))).sort()).toEqual(['decoder_fused_w8.onnx', 'encoder_fused_int8.onnx'])
})

test('the preset cpu leaves the feature extractor of wav2vec 2.0 in float, be it convolutions or products', async () => {
  const checkpoint = join(await temporaryFolder(), 'checkpoint')
  await writeCtcAtomCheckpoint(checkpoint)
  const from = join(checkpoint, '../fused')
  await exportAll({checkpoint, out: from})
  const to = join(from, '../made')
  await quantize(from, to, 'cpu')
  const {proto} = await readModel(join(to, 'onnx/model_int8.onnx'))
  const nodes = proto.graph?.node ?? []
  const extractor = nodes.filter(({name}) => name.includes('conv_layers') && !name.includes('norm'))
  expect(extractor.map(({opType}) => opType)).toContain('MatMul')
  expect(nodes.filter(({name, opType}) => name.includes('conv_layers') && /Integer|Quantize/.test(opType))).toEqual([])
  expect(nodes.some(({opType}) => /MatMulInteger|DynamicQuantizeMatMul/.test(opType))).toBe(true)
})

test('one ONNX file becomes one in a new folder', async () => {
  const from = await ctcFolder()
  const to = join(from, '../one')
  await quantize(join(from, 'onnx/model.onnx'), to, 'dynamic-int8')
  expect((await readdir(to)).sort()).toEqual(['lingulu.json', 'model_int8.onnx'])
})

test('what did not become smaller is told of', async () => {
  const from = await ctcFolder(noise(WIDTH * 32))
  const file = join(from, 'onnx/model.onnx')
  const builder = new GraphBuilder('main')
  const x = builder.input('x', DataType.FLOAT, ['n', 4])
  const source = memorySource(new Uint8Array(noise(4 * 4).buffer))
  const w = builder.weight('w', DataType.FLOAT, [4, 4], {key: 'w', source})
  builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, ['n', 4], 'y')
  await writeModel(builder.build({opset: 17}), file, {overwrite: true})
  const events = await quantize(from, join(from, '../made'), 'dynamic-int8')
  expect(notes(events)).toEqual([expect.stringMatching(/^onnx\/model\.onnx did not become smaller: \d+ bytes before/)])
})

describe('it fails, and nothing is left', () => {
  const nan = noise(WIDTH * 32).fill(Number.NaN)
  test.each<[string, Recipe, string, RegExp, Partial<QuantizeModelOptions>?]>([
    [
      'nothing of that kind',
      {steps: [{method: 'dynamic-int8', opTypes: ['Gather']}]},
      'OPTION_UNSUPPORTED',
      /no Gather/,
    ],
    [
      'a name that no node has',
      'dynamic-int8',
      'OPTION_UNSUPPORTED',
      /no node "\/layers\.1\*"/,
      {exclude: ['/layers.1*']},
    ],
    ['a pattern without effect on a preset', 'cpu', 'OPTION_UNSUPPORTED', /no node "typo\*"/, {exclude: ['typo*']}],
    ['no steps for its part', {encoder: [{method: 'float16'}]}, 'OPTION_UNSUPPORTED', /no steps for the parts/],
    ['calibration without recordings', 'static-int8', 'OPTION_UNSUPPORTED', /needs recordings/],
    ['a preset that calibrates without recordings', 'tensorrt', 'OPTION_UNSUPPORTED', /needs recordings/],
  ])('%s', async (_, recipe, code, message, options = {}) => {
    const from = await ctcFolder()
    const parent = join(from, '../out')
    await mkdir(parent)
    const failing = quantize(from, join(parent, 'made'), recipe, options)
    await expect(failing).rejects.toMatchObject({code, message: expect.stringMatching(message)})
    expect(await readdir(parent)).toEqual([])
  })

  test('weights that are not finite', async () => {
    const from = await ctcFolder(nan)
    const parent = join(from, '../out')
    await mkdir(parent)
    await expect(quantize(from, join(parent, 'made'), 'cpu')).rejects.toMatchObject({code: 'MODEL_INVALID'})
    expect(await readdir(parent)).toEqual([])
  })

  test('a folder without a model', async () => {
    const from = await temporaryFolder()
    await expect(quantize(from, join(from, 'made'), 'cpu')).rejects.toMatchObject({code: 'MODEL_INVALID'})
    await expect(quantize(join(from, 'none'), join(from, 'made'), 'cpu')).rejects.toMatchObject({code: 'MODEL_MISSING'})
    await expect(quantize(join(from, 'no.onnx'), join(from, 'made'), 'cpu')).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: expect.stringMatching(/no file .*no\.onnx/),
    })
    expect(await readdir(from)).toEqual([])
  })

  test('an abort', async () => {
    const from = await ctcFolder()
    const parent = join(from, '../out')
    await mkdir(parent)
    const controller = new AbortController()
    const events = quantizeModel({model: from, out: join(parent, 'made'), recipe: 'cpu'}, {signal: controller.signal})
    await events.next()
    controller.abort(new Error('enough'))
    const drain = async () => {
      for await (const _ of events);
    }
    await expect(drain()).rejects.toThrow('enough')
    expect(await readdir(parent)).toEqual([])
  })
})

test('a folder that is there is refused, and stays', async () => {
  const from = await ctcFolder()
  await expect(quantize(from, from, 'cpu')).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  expect(await readFile(join(from, 'model.safetensors'), 'utf8')).toBe('weights')
})

describe.skipIf(!hasSharedData)(`real models${needsSharedData}`, () => {
  const whisper = sharedData('models/whisper-nano')

  test.each([
    ['cpu', 'encoder=int8,decoder=w8'],
    ['smallest', 'q4'],
  ] as const)('Whisper by the preset %s is a model of precision %s', async (preset, precision) => {
    const to = join(await temporaryFolder(), 'made')
    const events = await quantize(whisper, to, preset)
    const folder = await readModelFolder(to)
    expect(folder).toMatchObject({kind: 'whisper', precision})
    const done = events.at(-1)
    if (done?.type !== 'done') throw new Error('it is not done')
    expect(done.targetBytes).toBeLessThan(done.sourceBytes * 0.6)
    expect(done.record.source.hash).toBe((await readModelFolder(whisper)).hash)
  })

  test('wav2vec2 in half precision hears the same', async () => {
    const from = sharedData('models/wav2vec2-nano')
    const to = join(await temporaryFolder(), 'made')
    await quantize(from, to, 'gpu')
    expect(await readModelFolder(to)).toMatchObject({kind: 'ctc', precision: 'fp16'})
    const inputs = {input_values: new Tensor('float32', noise(16_000), [1, 16_000])}
    const expected = await runModel(join(from, 'onnx/model.onnx'), inputs)
    const actual = await runModel(join(to, 'onnx/model_fp16.onnx'), inputs)
    expect(relativeError(actual.logits!, expected.logits!)).toBeLessThan(1e-2)
  })
})
