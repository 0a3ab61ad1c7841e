import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, expect, test} from 'vitest'
import {seededRandom} from '../../../../../src/pipeline/decoding/random.js'
import {recordingFeatures} from '../../../../../src/pipeline/features/recording-features.js'
import {parseTrainConfig} from '../../../../../src/pipeline/training/config/train-config.js'
import {computeFeatures} from '../../../../../src/pipeline/training/data/compute-features.js'
import {filterBankOptions} from '../../../../../src/pipeline/training/filter-bank.js'
import {checkTask, openTask} from '../../../../../src/pipeline/training/tasks/open-task.js'
import {suiteFolder} from '../../../../support/lingulu.js'
import {beep, openTaskEngine, TINY_ENCODER, trainedWeights, trainingItem} from '../../../../support/train-task.js'

const home = suiteFolder()
const folder = join(home, 'with-prior')
const {mels} = TINY_ENCODER
const PRIOR = {
  frames: 20,
  mean: Array.from({length: mels}, (_, mel) => -9 - mel / 4),
  deviation: Array.from({length: mels}, () => 3),
}
const items = [trainingItem({id: '0', text: 'AB'})]
const sound = beep(seededRandom('prior'), [500, 900])

const configOf = (model: object) =>
  parseTrainConfig(
    {task: 'ctc', output_dir: home, data: {train: 'x'}, model: {encoder: TINY_ENCODER, ...model}},
    'test',
  )

const open = (model: object) =>
  openTask(configOf(model), {items, heard: items, threads: 1, cacheFolder: home, signal: AbortSignal.timeout(60_000)})

/** What a recognizer hears that has this prior. */
const heard = (prior: typeof PRIOR | undefined): Float32Array =>
  recordingFeatures(sound, {kind: 'filter-bank', options: filterBankOptions({mels, prior})}).values

beforeAll(async () => {
  const task = await open({normalize_prior: PRIOR})
  const engine = await openTaskEngine(task)
  await task.save(folder, await trainedWeights(engine))
  await engine.close()
})

test('a training hears what the model will hear', async () => {
  const {features} = await open({normalize_prior: PRIOR})
  const {values} = computeFeatures(sound, features)
  expect(values).toEqual(heard(PRIOR))
  expect(values).not.toEqual(heard(undefined))
})

test('the model says what it was trained with', async () => {
  const written = JSON.parse(await readFile(join(folder, 'preprocessor_config.json'), 'utf8'))
  expect(written).toMatchObject({normalize: 'per-feature', normalize_prior: PRIOR})
})

test('what goes on from a model keeps its prior, unless another is given', async () => {
  const other = {...PRIOR, frames: 5}
  const hears = async (model: object) => computeFeatures(sound, (await open(model)).features).values
  expect(await hears({from: folder})).toEqual(heard(PRIOR))
  expect(await hears({from: folder, normalize_prior: other})).toEqual(heard(other))
})

test('a hop is heard, written down, and kept by what goes on from the model', async () => {
  const narrow = join(home, 'narrow')
  const task = await open({hop_samples: 128})
  const engine = await openTaskEngine(task)
  await task.save(narrow, await trainedWeights(engine))
  await engine.close()
  const written = JSON.parse(await readFile(join(narrow, 'preprocessor_config.json'), 'utf8'))
  expect(written).toMatchObject({hop_length: 128})
  const options = filterBankOptions({mels, hopSamples: 128})
  const {values} = recordingFeatures(sound, {kind: 'filter-bank', options})
  expect(values.length).toBeGreaterThan(1.2 * heard(undefined).length)
  const hears = async (model: object) => computeFeatures(sound, (await open(model)).features).values
  expect(await hears({from: narrow})).toEqual(values)
  expect(await hears({from: narrow, hop_samples: 160})).toEqual(heard(undefined))
})

test('with a shorter hop a text may be longer', async () => {
  const item = trainingItem({id: '0', text: 'ABABABAB', seconds: 0.25})
  const [usual, narrow] = await Promise.all([open({}), open({hop_samples: 80})])
  expect(usual.refuse(item)).toMatch('its text wants 8 frames, and 0.25 s have 7')
  expect(narrow.refuse(item)).toBeUndefined()
})

test.each([
  ['its own', () => ({normalize_prior: {...PRIOR, mean: [1, 2]}})],
  ['that of an earlier model', () => ({from: folder, encoder: {...TINY_ENCODER, mels: mels + 1}})],
])('a prior of other mel bands is refused before recordings are read: %s', async (_, model) => {
  await expect(checkTask(configOf(model()))).rejects.toMatchObject({code: 'CONFIG_INVALID'})
})

test('a model without a prior gives none', async () => {
  const bare = join(home, 'bare')
  const task = await open({})
  const engine = await openTaskEngine(task)
  await task.save(bare, await trainedWeights(engine))
  await engine.close()
  expect(JSON.parse(await readFile(join(bare, 'preprocessor_config.json'), 'utf8'))).not.toHaveProperty(
    'normalize_prior',
  )
  expect(computeFeatures(sound, (await open({from: bare})).features).values).toEqual(heard(undefined))
})
