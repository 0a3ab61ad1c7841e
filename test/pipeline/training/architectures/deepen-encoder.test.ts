import {join} from 'node:path'
import {expect, test} from 'vitest'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import {deepenEncoder} from '../../../../src/pipeline/training/architectures/deepen-encoder.js'
import {parseTrainConfig} from '../../../../src/pipeline/training/config/train-config.js'
import type {Values} from '../../../../src/pipeline/training/engine/training-engine.js'
import {openTask} from '../../../../src/pipeline/training/tasks/open-task.js'
import {suiteFolder} from '../../../support/lingulu.js'
import {
  batchOf,
  beep,
  openTaskEngine,
  TINY_ENCODER,
  takeSteps,
  trainedWeights,
  trainingItem,
} from '../../../support/train-task.js'

const home = suiteFolder()
const items = [trainingItem({id: '0', text: 'AB'}), trainingItem({id: '1', text: 'B'})]
const random = seededRandom('sounds')
const sounds = items.map(item => ({item, samples: beep(random, [500, 900])}))

function open(layers: number, from?: string) {
  const encoder = {...TINY_ENCODER, layers}
  const config = parseTrainConfig({task: 'ctc', output_dir: home, data: {train: 'x'}, model: {encoder, from}}, 'test')
  const signal = AbortSignal.timeout(60_000)
  return openTask(config, {items, heard: items, threads: 1, cacheFolder: home, signal})
}

test('a deeper model begins with what the one it goes on from says, and learns', async () => {
  const shallow = await open(2)
  const batch = batchOf(shallow, sounds)
  const engine = await openTaskEngine(shallow)
  // So that norms are no longer what they begin as.
  await takeSteps(shallow, engine, {batches: [batch], steps: 5, rate: 0.05})
  const {inputs} = await shallow.batch(batch)
  const said = await engine.infer(inputs)
  await shallow.save(join(home, 'shallow'), await trainedWeights(engine))
  await engine.close()

  for (const layers of [3, 5]) {
    const deep = await open(layers, join(home, 'shallow'))
    const deepEngine = await openTaskEngine(deep)
    const {values, shape} = await deepEngine.infer(inputs)
    expect(shape).toEqual(said.shape)
    for (const [index, value] of values.entries()) expect(value).toBeCloseTo(said.values[index]!, 3)
    const [first = 0, ...losses] = await takeSteps(deep, deepEngine, {batches: [batch], steps: 20, rate: 0.01})
    expect(losses.at(-1)).toBeLessThan(first / 2)
    const grown = await trainedWeights(deepEngine)
    for (const layer of Array.from({length: layers}).keys())
      expect(grown.get(`layers.${layer}.attention.out.weight`)?.values.some(value => value !== 0)).toBe(true)
    await deepEngine.close()
  }
})

test('copies are spread over the layers, each behind its own', () => {
  const layer = (gain: number) => Float32Array.of(gain)
  const weights = new Map<string, Values<Float32Array>>()
  for (const index of [0, 1, 2]) {
    weights.set(`layers.${index}.norm.weight`, {values: layer(index + 2), shape: [1]})
    weights.set(`layers.${index}.attention.out.weight`, {values: layer(index + 2), shape: [1, 1]})
  }
  const deep = deepenEncoder(weights, 5)
  const read = (part: string) => [0, 1, 2, 3, 4].map(index => deep.get(`layers.${index}.${part}`)?.values[0])
  expect(read('norm.weight')).toEqual([2, 1, 3, 1, 4])
  expect(read('attention.out.weight')).toEqual([2, 3, 0, 4, 0])
})

test('weights of as many layers, or of more, stay as they are', () => {
  const weights = new Map([['layers.1.norm.weight', {values: Float32Array.of(1), shape: [1]}]])
  expect(deepenEncoder(weights, 2)).toBe(weights)
  expect(deepenEncoder(weights, 1)).toBe(weights)
  expect(deepenEncoder(new Map(), 3).size).toBe(0)
})
