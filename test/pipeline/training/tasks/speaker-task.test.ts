import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import type {TrainingEngine} from '../../../../src/pipeline/training/engine/training-engine.js'
import {SpeakerModelConfig} from '../../../../src/pipeline/training/tasks/speaker-config.js'
import {openSpeakerTask} from '../../../../src/pipeline/training/tasks/speaker-task.js'
import {compareVoices} from '../../../../src/pipeline/training/tasks/speaker-trials.js'
import type {FeatureBatch, TrainingTask} from '../../../../src/pipeline/training/tasks/training-task.js'
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

const random = seededRandom('voices')

/** Speakers, each with three resonances of its own. */
function speakers(names: readonly string[], each: number): Sound[] {
  return names.flatMap(speaker => {
    const resonances = [300, 900, 2200].map(hz => hz * 2 ** (2 * random() - 0.5))
    return Array.from({length: each}, (_, index) => ({
      item: trainingItem({id: `${speaker}-${index}`, speaker}),
      samples: beep(
        random,
        resonances.map(hz => hz * (0.98 + 0.04 * random())),
      ),
    }))
  })
}
const names = (prefix: string, count: number) => Array.from({length: count}, (_, index) => `${prefix}${index}`)
const [known, strangers] = [speakers(names('known', 16), 8), speakers(names('stranger', 10), 6)]
const items = known.map(({item}) => item)

const config = (settings: object = {}) =>
  SpeakerModelConfig.parse({encoder: TINY_ENCODER, embedding: 12, scale: 15, ...settings})

function shuffledBatches(task: TrainingTask, all: readonly Sound[], size: number): FeatureBatch[] {
  const order = all
    .map(sound => ({sound, key: random()}))
    .sort((a, b) => a.key - b.key)
    .map(({sound}) => sound)
  return Array.from({length: Math.ceil(order.length / size)}, (_, index) =>
    batchOf(task, order.slice(size * index, size * index + size)),
  )
}

test.each(['additive_angle', 'additive_cosine'])(
  '%s: strangers are told apart better after the training',
  async margin_type => {
    const task = await openSpeakerTask(config({margin_type}), {items})
    const engine = await openTaskEngine(task)
    const dev = shuffledBatches(task, strangers, 12)
    const before = await evaluateTask(task, engine, dev)
    const losses = await takeSteps(task, engine, {batches: shuffledBatches(task, known, 16), steps: 120, rate: 0.01})
    const after = await evaluateTask(task, engine, dev)
    await engine.close()
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2)
    expect(Object.keys(after.metrics)).toEqual(['eer', 'min_dcf'])
    expect(after.metrics.eer).toBeLessThan(0.25)
    expect(after.metrics.eer).toBeLessThan(before.metrics.eer! - 0.05)
  },
)

test('the gradient is that of finite differences, from the loss down to the first convolution', async () => {
  const task = await openSpeakerTask(config({scale: 4}), {items})
  const engine = await openTaskEngine(task)
  const batch = batchOf(
    task,
    [0, 9, 20].map(index => known[index]!),
  )
  const {inputs, lossOf} = await task.batch(batch)
  const gradients = await engine.gradients(inputs, output => lossOf(output).gradient, 0)
  for (const name of [
    'subsample.0.weight',
    'pooling.scores.weight',
    'pooling.norm.bias',
    'embedding.weight',
    'speakers.weight',
  ]) {
    const place = engine.places.find(one => one.name === name)!
    const own = gradients.subarray(place.start, place.end)
    const at =
      place.start + own.reduce((best, value, index) => (Math.abs(value) > Math.abs(own[best]!) ? index : best), 0)
    const step = 5e-3
    const [above, below] = [await lossAt(engine, at, step), await lossAt(engine, at, -step)]
    expect((above - below) / (2 * step) / gradients[at]!, name).toBeCloseTo(1, 1)
  }
  await engine.close()

  async function lossAt({state}: TrainingEngine, at: number, change: number): Promise<number> {
    const {parameters} = await state.call(engine)
    const changed = parameters.slice()
    changed[at] = changed[at]! + change
    const moved = await openTaskEngine({...task, initial: () => changed})
    const loss = lossOf(await moved.infer(inputs)).loss.sum
    await moved.close()
    return loss
  }
})

test('speakers that are not of the training have no part in the loss', async () => {
  const task = await openSpeakerTask(config(), {items})
  const engine = await openTaskEngine(task)
  const {inputs, lossOf} = await task.batch(batchOf(task, [known[0]!, strangers[0]!]))
  const {count, gradient} = lossOf(await engine.infer(inputs))
  await engine.close()
  expect(count).toBe(1)
  const width = gradient.length / 2
  expect(gradient.slice(0, 16).some(value => value !== 0)).toBe(true)
  expect(gradient.slice(16).every(value => value === 0)).toBe(true)
  expect(width).toBe(16 + 12)
})

test('the folder has all weights and names the speakers', async () => {
  const home = await mkdtemp(join(tmpdir(), 'lingulu-speakers-'))
  const task = await openSpeakerTask(config(), {items})
  const engine = await openTaskEngine(task)
  const folder = join(home, 'model')
  await task.save(folder, await trainedWeights(engine))
  await engine.close()
  const saved = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))
  expect(saved).toMatchObject({model_type: 'lingulu-speaker', embedding_size: 12})
  expect(saved.training_speakers).toHaveLength(16)
  await rm(home, {recursive: true})
})

describe('trials', () => {
  const voices = ['a', 'a', 'a', 'b', 'b', 'c'].map((speaker, index) => ({
    speaker,
    embedding: Float32Array.of(Math.cos(index), Math.sin(index)),
  }))

  test('are all pairs', () => {
    const {targets, impostors} = compareVoices(voices, 100)
    expect(targets).toHaveLength(3 + 1)
    expect(impostors).toHaveLength(3 * 2 + 3 + 2)
    expect(targets[0]).toBeCloseTo(Math.cos(1), 6)
  })

  test.each([
    [8, 4, 4],
    [4, 2, 2],
    [13, 4, 9],
  ])('are at most %i: %i targets, %i impostors, the same each time', (limit, targets, impostors) => {
    const found = compareVoices(voices, limit)
    expect([found.targets.length, found.impostors.length]).toEqual([targets, impostors])
    expect(compareVoices(voices, limit)).toEqual(found)
  })
})

describe('what cannot be learnt is refused', () => {
  test('a recording without a speaker', async () => {
    const task = await openSpeakerTask(config(), {items})
    expect(task.refuse(trainingItem({id: 'x'}))).toBe('its speaker is not known')
    expect(task.refuse(trainingItem({id: 'x', speaker: 'stranger'}))).toBeUndefined()
  })

  test.each([
    ['one speaker', [trainingItem({id: 'x', speaker: 'a'})], undefined, /only the speaker "a"/],
    ['no speakers', [trainingItem({id: 'x'})], undefined, /name no speakers/],
    ['a metric of another task', items, 'accuracy', /metric_for_best_model: accuracy/],
  ])('%s', async (_, given, bestMetric, message) => {
    await expect(openSpeakerTask(config(), {items: given, bestMetric})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('recordings that make no pairs', async () => {
    const task = await openSpeakerTask(config(), {items})
    const engine = await openTaskEngine(task)
    const single = [batchOf(task, strangers.slice(0, 1))]
    await expect(evaluateTask(task, engine, single)).rejects.toMatchObject({code: 'CONFIG_INVALID'})
    await engine.close()
  })
})
