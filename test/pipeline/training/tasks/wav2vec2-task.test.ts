import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {InferenceSession} from 'onnxruntime-node'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {z} from 'zod'
import {loadAudio} from '../../../../src/pipeline/audio/read-audio.js'
import {floatSource, readFloats} from '../../../../src/pipeline/export/float-source.js'
import {readSafetensors} from '../../../../src/pipeline/export/safetensors-read.js'
import {writeSafetensors} from '../../../../src/pipeline/export/safetensors-write.js'
import {computeFeatures, stackRows} from '../../../../src/pipeline/training/data/compute-features.js'
import {openOrtEngine} from '../../../../src/pipeline/training/engine/ort-engine.js'
import {sizeOfAll} from '../../../../src/pipeline/training/engine/parameters.js'
import type {TrainingEngine, Values} from '../../../../src/pipeline/training/engine/training-engine.js'
import type {
  FeatureBatch,
  TaskBatch,
  TrainingItem,
  TrainingTask,
  Weights,
} from '../../../../src/pipeline/training/tasks/training-task.js'
import {Wav2Vec2ModelConfig} from '../../../../src/pipeline/training/tasks/wav2vec2-config.js'
import {openWav2Vec2Task} from '../../../../src/pipeline/training/tasks/wav2vec2-task.js'
import {exportAll, floats, goldenCheckpoint, readExpected, relativeError} from '../../../support/export.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../support/shared-data.js'

const golden = (name: string) =>
  fileURLToPath(new URL(`../../../data/training-reference/wav2vec2/${name}`, import.meta.url))

const Expected = z.strictObject({
  texts: z.array(z.string()),
  samples: z.array(z.array(z.number())),
  frames: z.array(z.int()),
  loss: z.number(),
  logits: z.array(z.array(z.number())),
})
type Expected = z.infer<typeof Expected>

const VARIANTS = [
  {name: 'group', reduction: 'sum'},
  {name: 'layer-stable', reduction: 'mean'},
] as const

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-wav2vec2-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

describe.each(VARIANTS)('$name', ({name, reduction}) => {
  test('logits, loss and gradients are those of transformers', async () => {
    const expected = await readGolden(name)
    const {task, engine} = await open({from: golden(name), ctc_loss_reduction: reduction})
    const batch = await task.batch(featuresOf(expected))
    const {gradients, output, loss} = await differentiate(engine, batch)
    for (const [row, logits] of expected.logits.entries())
      expect(relativeError(rowOf(output, row, expected.frames[row]!), logits)).toBeLessThan(1e-5)
    expect(loss.sum / loss.count).toBeCloseTo(expected.loss, 3)
    const saved = join(folder, `${name}-gradients`)
    await task.save(
      saved,
      named(
        engine,
        gradients.map(value => value / loss.count),
      ),
    )
    const found = await readAll(saved, 'model.safetensors')
    const theirs = await readAll(golden(name), 'gradients.safetensors')
    expect(theirs.size).toBeGreaterThan(30)
    for (const [tensor, gradient] of theirs) {
      // Gradients that are zero but for rounding: softmax does not see a bias of keys.
      if (tensor.endsWith('k_proj.bias')) continue
      expect(relativeError(found.get(tensor)!, gradient), tensor).toBeLessThan(1e-4)
    }
    await close({task, engine})
  })

  test('a batch gives what each recording alone gives', async () => {
    const expected = await readGolden(name)
    const {task, engine} = await open({from: golden(name)})
    const {inputs} = await task.batch(featuresOf(expected, [1]))
    expect(relativeError((await engine.infer(inputs)).values, expected.logits[1]!)).toBeLessThan(1e-5)
    await close({task, engine})
  })

  test('what is saved is exported, and gives the same logits', async () => {
    const expected = await readGolden(name)
    const {task, engine} = await open({from: golden(name)})
    const batch = await task.batch(featuresOf(expected))
    for (let step = 0; step < 3; step++) {
      const {gradients} = await differentiate(engine, batch)
      await engine.update(gradients, {rate: 0.01, scale: 0.5})
    }
    const logits = await engine.infer(batch.inputs)
    expect(relativeError(rowOf(logits, 0, expected.frames[0]!), expected.logits[0]!)).toBeGreaterThan(0.01)
    const checkpoint = join(folder, `${name}-trained`)
    await task.save(checkpoint, named(engine, (await engine.state()).parameters))
    const out = join(folder, `${name}-onnx`)
    await exportAll({checkpoint, out})
    const session = await InferenceSession.create(join(out, 'onnx/model.onnx'))
    for (const [row, samples] of expected.samples.entries()) {
      const found = await session.run({input_values: floats(samples, [1, samples.length])})
      const exported = found.logits!.data as Float32Array
      expect(relativeError(rowOf(logits, row, expected.frames[row]!), [...exported])).toBeLessThan(1e-4)
    }
    await session.release()
    await close({task, engine})
  })
})

test('a frozen base stays as it is; the head learns', async () => {
  const expected = await readGolden('group')
  const {task, engine} = await open({from: golden('group'), freeze: 'base'})
  expect(engine.places.map(({name}) => name).sort()).toEqual(['lm_head.bias', 'lm_head.weight'])
  const losses = await train(task, engine, featuresOf(expected), 20, 0.01)
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 1.5)
  const saved = join(folder, 'frozen')
  await task.save(saved, named(engine, (await engine.state()).parameters))
  const [before, after] = [
    await readAll(golden('group'), 'model.safetensors'),
    await readAll(saved, 'model.safetensors'),
  ]
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort())
  for (const [name, values] of before) {
    if (name.startsWith('lm_head.')) expect(after.get(name)).not.toEqual(values)
    else expect(after.get(name), name).toEqual(values)
  }
  await close({task, engine})
})

test('a new vocabulary of characters gets a new head, which learns the texts and is read back', async () => {
  const expected = {...(await readGolden('layer-stable')), texts: ["Grün, it's", 'so—no?']}
  const items = expected.texts.map(item)
  const {task, engine} = await open({from: golden('layer-stable'), vocabulary: 'characters'}, items)
  const losses = await train(task, engine, featuresOf(expected), 200, 0.01)
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 20)
  const saved = join(folder, 'characters')
  await task.save(saved, named(engine, (await engine.state()).parameters))
  expect(Object.keys(JSON.parse(await readFile(join(saved, 'vocab.json'), 'utf8')))).toEqual([
    '<pad>',
    '<s>',
    '</s>',
    '<unk>',
    '|',
    "'",
    'g',
    'i',
    'n',
    'o',
    'r',
    's',
    't',
    'ü',
  ])
  const again = await open({from: saved})
  const batch = featuresOf(expected)
  const scorer = await again.task.scorer(async () => new Map())
  await scorer.add(batch, await again.engine.infer((await again.task.batch(batch)).inputs))
  const {metrics, examples} = await scorer.scores()
  expect(examples.map(({hypothesis}) => hypothesis)).toEqual(["grün it's", 'so no'])
  expect(metrics).toMatchObject({wer: 0, cer: 0})
  expect(metrics.loss).toBeLessThan(losses[0]! / 20)
  await close({task, engine})
  await close(again)
})

test('phones are spelled as the items have them, and counted', async () => {
  const expected = await readGolden('group')
  const items = [phoneItem(['HH', 'AH', 'L', 'OW']), phoneItem(['OW', 'OW'])]
  const {task, engine} = await open({from: golden('group'), vocabulary: 'phones'}, items)
  const batch = {...featuresOf(expected), rows: items.map(one => [one])}
  const logits = new Float32Array(2 * 44 * 8)
  const say = (row: number, ids: readonly number[]) => {
    for (let frame = 0; frame < 44; frame++) logits[(row * 44 + frame) * 8 + (ids[frame] ?? 0)] = 5
  }
  // <pad> <s> </s> <unk> AH HH L OW
  say(0, [5, 4, 4, 0, 7])
  say(1, [7, 0, 7, 6])
  const scorer = await task.scorer(async () => new Map())
  await scorer.add(batch, {values: logits, shape: [2, 44, 8]})
  const {metrics, examples} = await scorer.scores()
  expect(examples.map(({hypothesis}) => hypothesis)).toEqual(['HH AH OW', 'OW OW L'])
  expect(metrics.per).toBeCloseTo(2 / 6)
  expect(task.best).toEqual({metric: 'per', greaterIsBetter: false})
  await close({task, engine})
})

test('masked spans and dropout belong to training alone', async () => {
  const expected = await readGolden('group')
  const masking = {mask_time_prob: 0.5, mask_time_length: 4, mask_feature_prob: 0.3, mask_feature_length: 2}
  const {task, engine} = await open({from: golden('group'), ...masking, hidden_dropout: 0.1})
  const batch = await task.batch(featuresOf(expected))
  const plain = await engine.infer(batch.inputs)
  expect(relativeError(rowOf(plain, 0, expected.frames[0]!), expected.logits[0]!)).toBeLessThan(1e-5)
  const {output, gradients} = await differentiate(engine, batch)
  expect(relativeError(rowOf(output, 0, expected.frames[0]!), expected.logits[0]!)).toBeGreaterThan(0.05)
  const learnt = named(engine, gradients).get('wav2vec2.masked_spec_embed')
  expect(learnt?.values.some(value => value !== 0)).toBe(true)
  await close({task, engine})
})

test('a HuBERT gives what transformers gives, and is saved as one', async () => {
  const {inputs, outputs} = await readExpected('hubert')
  const from = join(folder, 'hubert')
  await cp(goldenCheckpoint('hubert'), from, {recursive: true})
  const vocabulary = ['<pad>', '<s>', '</s>', '<unk>', '|', 'a', 'b', 'c', 'd']
  await writeFile(
    join(from, 'vocab.json'),
    JSON.stringify(Object.fromEntries(vocabulary.map((token, id) => [token, id]))),
  )
  const {task, engine} = await open({from})
  const {shape, values} = inputs.input_values!
  const [rows = 0, samples = 0] = shape
  const features = {values: Float32Array.from(values), shape: [rows, samples, 1]}
  const none = Array.from({length: rows}, () => [item('a')])
  const batch = await task.batch({features, lengths: none.map(() => samples), rows: none})
  const logits = await engine.infer(batch.inputs)
  expect(relativeError(logits.values, outputs.logits!.values)).toBeLessThan(1e-5)
  const saved = join(folder, 'hubert-saved')
  await task.save(saved, named(engine, (await engine.state()).parameters))
  const config = JSON.parse(await readFile(join(saved, 'config.json'), 'utf8'))
  expect(config.architectures).toEqual(['HubertForCTC'])
  expect([...(await readAll(saved, 'model.safetensors')).keys()].sort()).toEqual(
    [...(await readAll(from, 'model.safetensors')).keys()].sort(),
  )
  await close({task, engine})
})

test('a body without a head takes a new one; its vocabulary cannot be reused', async () => {
  const {tensors} = await readSafetensors(join(golden('group'), 'model.safetensors'))
  const from = join(folder, 'body')
  const bare = [...tensors.values()].flatMap(({name, source, shape, type}) =>
    name.startsWith('wav2vec2.') ? [{name: name.slice('wav2vec2.'.length), source, shape, type}] : [],
  )
  await writeSafetensors(join(from, 'model.safetensors'), bare)
  await cp(join(golden('group'), 'config.json'), join(from, 'config.json'))
  await expect(open({from})).rejects.toThrow(/no CTC head/)
  const {task, engine} = await open({from, vocabulary: 'characters'}, [item('ab')])
  const saved = join(folder, 'body-saved')
  await task.save(saved, named(engine, (await engine.state()).parameters))
  const [before, after] = [
    await readAll(golden('group'), 'model.safetensors'),
    await readAll(saved, 'model.safetensors'),
  ]
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort())
  const one = 'wav2vec2.encoder.layers.1.attention.q_proj.weight'
  expect(after.get(one)).toEqual(before.get(one))
  expect(after.get('lm_head.weight')).toHaveLength(7 * 16)
  await close({task, engine})
})

describe.skipIf(!hasSharedData)(`real recordings${needsSharedData}`, () => {
  test('logits are those of PyTorch’s export, and the loss falls', async () => {
    const from = sharedData('models/wav2vec2-nano')
    const clips = ['000010011', '000010035'].map(id => sharedData(`speechocean762/audio/${id}.opus`))
    const sounds = await Promise.all(clips.map(path => loadAudio({type: 'file', path}, {channel: 'mix'})))
    const {task, engine} = await open({from})
    const rows = sounds.map(({channels: [samples]}) => computeFeatures(samples ?? new Float32Array(0), task.features))
    const {features, shape, lengths} = stackRows(rows, task.features.multiple)
    const texts = ['WE CALL IT BEAR', 'ZERO THREE FIVE ONE']
    const batch = {features: {values: features, shape}, lengths, rows: texts.map(text => [item(text)])}
    const logits = await engine.infer((await task.batch(batch)).inputs)
    const session = await InferenceSession.create(join(from, 'onnx/model.onnx'))
    for (const [row, {values, length}] of rows.entries()) {
      const found = await session.run({input_values: floats([...values], [1, length])})
      const expected = [...(found.logits!.data as Float32Array)]
      expect(relativeError(rowOf(logits, row, expected.length / 32), expected)).toBeLessThan(1e-4)
    }
    const losses = await train(task, engine, batch, 6, 0.002)
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 1.3)
    await session.release()
    await close({task, engine})
  })
})

test.each([
  ['a letter that the vocabulary lacks', {text: 'a z'}, /no "Z"/],
  ['a digit', {text: 'a 7'}, /no "7"/],
  ['nothing to say', {text: '…'}, /no text/],
  ['more letters than frames', {text: 'abcdef '.repeat(8), seconds: 0.05}, /characters need 55 frames, it has 39/],
  ['no frame at all', {seconds: 0.001}, /it has 0/],
  ['nothing wrong', {text: '“A bad face,” dea’d… (add)'}, undefined],
])('an item with %s is refused, if at all, with the reason', async (_, what, reason) => {
  const task = await openWav2Vec2Task(Wav2Vec2ModelConfig.parse({from: golden('group')}), {items: [], threads: 1})
  const found = task.refuse({...item('a'), ...what})
  if (reason === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(reason)
  await task.close?.()
})

test.each([
  ['no such folder', {from: 'nowhere'}, /no checkpoint nowhere/],
  ['a vocabulary of nothing', {from: golden('group'), vocabulary: 'phones' as const}, /No recording .* has phones/],
])('%s is said', async (_, config, message) => {
  await expect(openWav2Vec2Task(Wav2Vec2ModelConfig.parse(config), {items: [item('a')], threads: 1})).rejects.toThrow(
    message,
  )
})

test('a WavLM is refused, and so is a tensor of another shape', async () => {
  const wavlm = fileURLToPath(new URL('../../../data/onnx-reference/export/wavlm', import.meta.url))
  const openFrom = (from: string) => openWav2Vec2Task(Wav2Vec2ModelConfig.parse({from}), {items: [], threads: 1})
  await expect(openFrom(wavlm)).rejects.toThrow(/WavLM/)
  const {task, engine} = await open({from: golden('group')})
  const broken = join(folder, 'broken')
  await task.save(broken, named(engine, (await engine.state()).parameters))
  const config = JSON.parse(await readFile(join(broken, 'config.json'), 'utf8'))
  await writeFile(join(broken, 'config.json'), JSON.stringify({...config, intermediate_size: 24}))
  await expect(openFrom(broken)).rejects.toThrow(/intermediate_dense.weight" has the shape \[32, 16\], not \[24, 16\]/)
  await close({task, engine})
})

test('the feature encoder cannot be asked to learn', () => {
  const parsed = Wav2Vec2ModelConfig.safeParse({from: 'x', freeze_feature_encoder: false})
  expect(z.prettifyError(parsed.error!)).toContain('freeze_feature_encoder can only be true')
})

async function readGolden(name: string): Promise<Expected> {
  return Expected.parse(JSON.parse(await readFile(join(golden(name), 'expected.json'), 'utf8')))
}

async function open(config: z.input<typeof Wav2Vec2ModelConfig>, items: readonly TrainingItem[] = []) {
  const task = await openWav2Vec2Task(Wav2Vec2ModelConfig.parse(config), {items, threads: 1})
  let state = 9
  const random = () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
  const engine = await openOrtEngine(task.build, {
    threads: 1,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 5},
    frozen: task.frozen,
    initial: places => ({
      parameters: task.initial(places, random),
      first: new Float32Array(sizeOfAll(places)),
      second: new Float32Array(sizeOfAll(places)),
      steps: 0,
    }),
  })
  return {task, engine}
}

async function close({task, engine}: {readonly task: TrainingTask; readonly engine: TrainingEngine}) {
  await engine.close()
  await task.close?.()
}

async function differentiate(engine: TrainingEngine, {inputs, lossOf}: TaskBatch) {
  const seen: {output?: Values<Float32Array>; loss?: {sum: number; count: number}} = {}
  const gradients = await engine.gradients(
    inputs,
    output => {
      const result = lossOf(output)
      seen.output = {values: output.values.slice(), shape: output.shape}
      seen.loss = {sum: result.loss.sum, count: result.count}
      return result.gradient
    },
    1,
  )
  return {gradients, output: seen.output!, loss: seen.loss!}
}

async function train(task: TrainingTask, engine: TrainingEngine, features: FeatureBatch, steps: number, rate: number) {
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const {gradients, loss} = await differentiate(engine, await task.batch(features))
    losses.push(loss.sum / loss.count)
    await engine.update(gradients, {rate, scale: 1 / loss.count})
  }
  return losses
}

function named(engine: TrainingEngine, values: Float32Array): Weights {
  return new Map(
    engine.places.map(({name, shape, start, end}) => [name, {values: values.subarray(start, end), shape}] as const),
  )
}

function item(text: string): TrainingItem {
  return {id: text, audio: '', seconds: 1, text, phones: undefined, speaker: undefined, label: undefined}
}

const phoneItem = (phones: readonly string[]): TrainingItem => ({...item('x'), phones})

/** As a trainer gives them, of all recordings or of some. */
function featuresOf({texts, samples}: Expected, rows: readonly number[] = [0, 1]): FeatureBatch {
  const lengths = rows.map(row => samples[row]!.length)
  const longest = Math.max(...lengths)
  const values = new Float32Array(rows.length * longest)
  for (const [place, row] of rows.entries()) values.set(samples[row]!, place * longest)
  return {
    features: {values, shape: [rows.length, longest, 1]},
    lengths,
    rows: rows.map(row => [item(texts[row]!.toLowerCase())]),
  }
}

function rowOf({values, shape: [, frames = 0, classes = 0]}: Values<Float32Array>, row: number, count: number) {
  return values.subarray(row * frames * classes, (row * frames + count) * classes)
}

async function readAll(path: string, file: string): Promise<ReadonlyMap<string, number[]>> {
  const {tensors} = await readSafetensors(join(path, file))
  const all = new Map<string, number[]>()
  for (const [name, tensor] of tensors) all.set(name, [...(await readFloats(floatSource(tensor)))])
  return all
}
