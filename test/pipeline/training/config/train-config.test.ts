import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {applyOverrides} from '../../../../src/pipeline/training/config/config-overrides.js'
import {readTrainConfig, trainConfigSchema} from '../../../../src/pipeline/training/config/read-train-config.js'
import {parseTrainConfig} from '../../../../src/pipeline/training/config/train-config.js'
import {root} from '../../../support/lingulu.js'

const MINIMAL = {task: 'ctc', output_dir: 'run', data: {train: 'train.csv'}}

describe('a configuration', () => {
  test('takes the names of the training arguments that users have', () => {
    const named = {
      num_train_epochs: 2,
      per_device_train_batch_size: 8,
      gradient_accumulation_steps: 2,
      learning_rate: 1e-5,
      weight_decay: 0.01,
      max_grad_norm: 1,
      lr_scheduler_type: 'linear',
      warmup_steps: 50,
      fp16: false,
      logging_steps: 10,
      eval_steps: 20,
      save_steps: 20,
      save_total_limit: 2,
      early_stopping_patience: 3,
      early_stopping_threshold: 0.001,
    }
    expect(parseTrainConfig({...MINIMAL, ...named}, 'c.json')).toMatchObject(named)
  })

  test('fills in what is left out', () => {
    const config = parseTrainConfig(MINIMAL, 'c.json')
    expect(config).toMatchObject({
      task: 'ctc',
      model: {architecture: 'conformer', tokens: 'characters', encoder: {width: 144}},
      data: {train: [{dataset: 'train.csv', repeat: 1}]},
      engine: 'auto',
      seed: 42,
    })
  })

  test('an override can let in the speakers that a file excludes', () => {
    const train = [{dataset: 'train.csv', exclude_speakers: ['9']}]
    const all = applyOverrides({...MINIMAL, data: {train}}, ['data.train.0.exclude_speakers=[]'])
    expect(parseTrainConfig(all, 'c.json').data.train).toMatchObject([{exclude_speakers: []}])
  })

  test.each([
    ['a name that there is not', {...MINIMAL, learnin_rate: 1}, /Unrecognized key: "learnin_rate"/],
    ['a value of another kind', {...MINIMAL, learning_rate: 'fast'}, /expected number[\s\S]*learning_rate/],
    ['no data', {task: 'ctc', output_dir: 'run'}, /data/],
    ['another task', {...MINIMAL, task: 'translate'}, /task/],
    ['an even kernel', {...MINIMAL, model: {encoder: {kernel: 4}}}, /odd[\s\S]*model\.encoder\.kernel/],
    ['half precision', {...MINIMAL, fp16: true}, /no engine trains in fp16/],
    ['a wav2vec2 without a checkpoint', {...MINIMAL, model: {architecture: 'wav2vec2'}}, /from/],
    ['nobody to learn from', {...MINIMAL, data: {train: {dataset: 'train.csv', speakers: []}}}, /speakers/],
    ['an augmentation that there is not', {...MINIMAL, augmentation: {echo: {}}}, /"echo"[\s\S]*augmentation/],
  ])('is refused with %s, and says where', (_, config, message) => {
    expect(() => parseTrainConfig(config, 'c.json')).toThrow(message)
  })
})

describe('--set', () => {
  test.each([
    ['learning_rate=0.5', {learning_rate: 0.5}],
    ['model.encoder.layers=3', {model: {encoder: {layers: 3}}}],
    ['data.train.0.repeat=2', {data: {train: [{dataset: 'a', repeat: 2}]}}],
    ['output_dir=runs/a=b', {output_dir: 'runs/a=b'}],
    ['data.dev=["a","b"]', {data: {dev: ['a', 'b']}}],
    ['save_total_limit=null', {save_total_limit: null}],
  ])('%s', (override, expected) => {
    const config = {output_dir: 'run', data: {train: [{dataset: 'a'}]}}
    expect(applyOverrides(config, [override])).toMatchObject(expected)
    expect(config).toEqual({output_dir: 'run', data: {train: [{dataset: 'a'}]}})
  })

  test.each(['learning_rate', '=3', 'data.train.4.repeat=2', '__proto__.x=1'])('%s is refused', override => {
    expect(() => applyOverrides({data: {train: []}}, [override])).toThrow(/--set/)
  })
})

test('all presets are configurations', async () => {
  const names = readdirSync(join(root, 'configs/train')).map(name => name.replace(/\.json$/, ''))
  expect(names.length).toBeGreaterThan(3)
  for (const name of names) await expect(readTrainConfig(name, [])).resolves.toBeDefined()
})

test('the JSON Schema lets a conformer go without its name', () => {
  const text = JSON.stringify(trainConfigSchema())
  expect(text).toContain('"const":"conformer"')
  expect(text).not.toContain('"required":["architecture"]')
})

test('a preset that there is not, and a file that is no JSON, are told', async () => {
  await expect(readTrainConfig('nothing', [])).rejects.toMatchObject({code: 'USAGE'})
  await expect(readTrainConfig(join(root, 'README.md'), [])).rejects.toMatchObject({code: 'CONFIG_INVALID'})
})

test('the JSON Schema in docs/schema is that of the program', () => {
  const path = join(root, 'docs/schema/train.schema.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(trainConfigSchema())))
})
