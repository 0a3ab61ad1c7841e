import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import {ClassificationModelConfig} from '../../../../src/pipeline/training/tasks/classification-config.js'
import {openClassificationTask} from '../../../../src/pipeline/training/tasks/classification-task.js'
import type {TrainingTask} from '../../../../src/pipeline/training/tasks/training-task.js'
import {
  batchOf,
  beep,
  evaluateTask,
  openTaskEngine,
  type Sound,
  TINY_ENCODER,
  takeSteps,
  trainedWeights,
  trainingItem,
} from '../../../support/train-task.js'

const TONES: readonly (readonly [label: string, hz: number])[] = [
  ['low', 350],
  ['middle', 900],
  ['high', 1900],
  ['shrill', 3800],
]

const random = seededRandom('tones')
function tones(each: number): Sound[] {
  return Array.from({length: each}, (_, index) =>
    TONES.map(([label, hz]) => ({
      item: trainingItem({id: `${label}-${index}`, label}),
      samples: beep(random, [hz * (0.9 + 0.2 * random())]),
    })),
  ).flat()
}
const [sounds, others] = [tones(20), tones(10)]
const items = sounds.map(({item}) => item)

const config = (settings: object = {}) => ClassificationModelConfig.parse({encoder: TINY_ENCODER, ...settings})
const inBatches = (task: TrainingTask, all: readonly Sound[]) =>
  Array.from({length: all.length / 8}, (_, index) => batchOf(task, all.slice(8 * index, 8 * index + 8)))

async function learn(task: TrainingTask, steps = 150) {
  const engine = await openTaskEngine(task)
  const losses = await takeSteps(task, engine, {batches: inBatches(task, sounds), steps, rate: 0.01})
  return {engine, losses, scores: await evaluateTask(task, engine, inBatches(task, others))}
}

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-classification-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

test.each([
  ['attentive statistics', {}, 0],
  ['the mean, balanced classes and smoothed labels', {pooling: 'mean', class_weights: 'balanced'}, 0.1],
])('tones are told apart by %s', async (_, settings, labelSmoothing) => {
  const task = await openClassificationTask(config(settings), {items, labelSmoothing})
  const {engine, losses, scores} = await learn(task)
  await engine.close()
  expect(losses[0]).toBeGreaterThan(1)
  expect(Object.keys(scores.metrics)).toEqual(['accuracy', 'f1', 'uar', 'loss'])
  expect(scores.metrics.accuracy).toBeGreaterThan(0.9)
  expect(scores.examples).toHaveLength(others.length)
  expect(scores.examples.at(-1)).toMatchObject({reference: scores.examples.at(-1)!.hypothesis})
})

test('padding changes nothing: alone a recording gets the logits that it gets in a batch', async () => {
  const task = await openClassificationTask(config(), {items})
  const engine = await openTaskEngine(task)
  const some = sounds.slice(0, 5)
  const together = await engine.infer((await task.batch(batchOf(task, some))).inputs)
  for (const [row, sound] of some.entries()) {
    const alone = await engine.infer((await task.batch(batchOf(task, [sound]))).inputs)
    for (const [index, value] of alone.values.entries())
      expect(together.values[row * TONES.length + index]).toBeCloseTo(value, 4)
  }
  await engine.close()
})

describe('a training that begins with the encoder of another', () => {
  test('has its weights, and leaves them alone if they are frozen', async () => {
    const first = await learn(await openClassificationTask(config(), {items}), 30)
    const folder = join(home, 'first')
    await (await openClassificationTask(config(), {items})).save(folder, await trainedWeights(first.engine))
    const task = await openClassificationTask(config({from: folder, freeze: 'encoder'}), {items})
    const second = await learn(task, 30)
    const names = second.engine.places.map(({name}) => name)
    expect(names).toContain('classifier.weight')
    expect(names.some(name => name.startsWith('layers.') || name.startsWith('subsample.'))).toBe(false)
    const weight = (await trainedWeights(first.engine)).get('layers.0.attention.qkv.weight')!
    expect(task.frozen.get('layers.0.attention.qkv.weight')).toEqual(weight.values)
    const again = join(home, 'second')
    await task.save(again, await trainedWeights(second.engine))
    const unfrozen = await openTaskEngine(await openClassificationTask(config({from: again}), {items}))
    expect((await trainedWeights(unfrozen)).get('layers.0.attention.qkv.weight')).toEqual(weight)
    await Promise.all([first, second].map(({engine}) => engine.close()))
    await unfrozen.close()
  })

  test('is refused where the encoder is another', async () => {
    const folder = join(home, 'other')
    const task = await openClassificationTask(config(), {items})
    const engine = await openTaskEngine(task)
    await task.save(folder, await trainedWeights(engine))
    await engine.close()
    const wider = config({encoder: {...TINY_ENCODER, feed_forward: 48}, from: folder})
    await expect(openClassificationTask(wider, {items})).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('"layers.0.feed_forward1.up.weight" of the encoder has the shape [16, 32]'),
    })
  })

  test('must say where a frozen encoder comes from', () => {
    expect(ClassificationModelConfig.safeParse({freeze: 'encoder'}).success).toBe(false)
    expect(ClassificationModelConfig.safeParse({encoder: {width: 20, heads: 4}}).success).toBe(false)
  })
})

test('the folder says what the classes are, and what the model hears', async () => {
  const task = await openClassificationTask(config(), {items})
  const engine = await openTaskEngine(task)
  const folder = join(home, 'folder')
  await task.save(folder, await trainedWeights(engine))
  await engine.close()
  expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toEqual({
    model_type: 'lingulu-classifier',
    architectures: ['LinguluForAudioClassification'],
    id2label: {0: 'high', 1: 'low', 2: 'middle', 3: 'shrill'},
    label2id: {high: 0, low: 1, middle: 2, shrill: 3},
    encoder: TINY_ENCODER,
    pooling: 'attentive_statistics',
    sampling_rate: 16_000,
  })
  expect(JSON.parse(await readFile(join(folder, 'preprocessor_config.json'), 'utf8'))).toMatchObject({
    feature_extractor_type: 'LinguluFilterBank',
    feature_size: TINY_ENCODER.mels,
  })
  await expect(task.save(folder, new Map())).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
})

describe('what cannot be learnt is refused', () => {
  test.each([
    [undefined, 'it has no label'],
    ['deep', 'its label "deep" is none of the training data'],
    ['low', undefined],
  ])('label %s', async (label, reason) => {
    const task = await openClassificationTask(config(), {items})
    expect(task.refuse(trainingItem({id: 'x', label}))).toBe(reason)
  })

  test.each([
    ['one class', [trainingItem({id: 'x', label: 'low'})], undefined, /only the label "low"/],
    ['no classes', [trainingItem({id: 'x'})], undefined, /have no labels/],
    ['a metric of another task', items, 'wer', /metric_for_best_model: wer/],
  ])('%s', async (_, given, bestMetric, message) => {
    await expect(openClassificationTask(config(), {items: given, bestMetric})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
  })
})
