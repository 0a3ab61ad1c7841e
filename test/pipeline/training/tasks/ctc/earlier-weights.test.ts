import {cp, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, expect, test} from 'vitest'
import {exportModel} from '../../../../../src/pipeline/export-model.js'
import {parseTrainConfig} from '../../../../../src/pipeline/training/config/train-config.js'
import {readEarlierWeights} from '../../../../../src/pipeline/training/tasks/ctc/earlier-weights.js'
import {checkTask, openTask} from '../../../../../src/pipeline/training/tasks/open-task.js'
import type {Weights} from '../../../../../src/pipeline/training/tasks/training-task.js'
import {suiteFolder} from '../../../../support/lingulu.js'
import {openTaskEngine, TINY_ENCODER, trainedWeights, trainingItem} from '../../../../support/train-task.js'

const home = suiteFolder()
const saved = join(home, 'saved')
const exported = join(home, 'exported')
const items = [trainingItem({id: '0', text: 'AB'})]
let weights: Weights

const configOf = (from?: string) =>
  parseTrainConfig({task: 'ctc', output_dir: home, data: {train: 'x'}, model: {encoder: TINY_ENCODER, from}}, 'test')

beforeAll(async () => {
  const signal = AbortSignal.timeout(60_000)
  const task = await openTask(configOf(), {items, heard: items, threads: 1, cacheFolder: home, signal})
  const engine = await openTaskEngine(task)
  weights = await trainedWeights(engine)
  await engine.close()
  await task.save(saved, weights)
  for await (const _ of exportModel({checkpoint: saved, out: exported}));
})

test('the export has the weights that training saved', async () => {
  await checkTask(configOf(exported))
  const [found, original] = await Promise.all([exported, saved].map(readEarlierWeights))
  for (const [name, {values, shape}] of weights) {
    expect(original?.get(name)).toEqual({values, shape})
    expect(found?.get(name), name).toEqual({values, shape})
  }
})

test('where both are, it is those that training saved', async () => {
  const both = join(home, 'both')
  await cp(exported, both, {recursive: true})
  await cp(join(saved, 'model.safetensors'), join(both, 'model.safetensors'))
  await writeFile(join(both, 'onnx/model.onnx'), 'not read')
  expect((await readEarlierWeights(both)).size).toBe(weights.size)
})

test('a folder with neither is an error before anything begins, and so is a model of another kind', async () => {
  const empty = join(home, 'empty')
  await mkdir(empty)
  await cp(join(saved, 'config.json'), join(empty, 'config.json'))
  await expect(checkTask(configOf(empty))).rejects.toThrow(/no model.safetensors and no onnx\/model.onnx/)
  const hubert = join(import.meta.dirname, '../../../../data/onnx-reference/export/hubert')
  await expect(readEarlierWeights(hubert)).rejects.toThrow(/no weights of a CTC model of lingulu’s own/)
})
