import {createHash} from 'node:crypto'
import {appendFile, cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeAll, describe, expect, test} from 'vitest'
import type {LinguluError} from '../../src/pipeline/errors.js'
import {readSafetensors} from '../../src/pipeline/export/safetensors-read.js'
import {exportModel} from '../../src/pipeline/export-model.js'
import {train} from '../../src/pipeline/train.js'
import {parseTrainConfig} from '../../src/pipeline/training/config/train-config.js'
import type {TrainEvent, TrainEventOf} from '../../src/pipeline/training/train-events.js'
import {suiteFolder, transcribe} from '../support/lingulu.js'
import {WORDS, writeToneWords} from '../support/tone-words.js'

const home = suiteFolder()
let data: {readonly train: string; readonly dev: string}

beforeAll(async () => {
  data = {train: await writeToneWords(home, 'train', 32), dev: await writeToneWords(home, 'dev', 8)}
})

const ENCODER = {width: 32, layers: 1, heads: 2, feed_forward: 64, kernel: 5, dropout: 0.1, mels: 24}

function settings(name: string, more: object = {}) {
  return parseTrainConfig(
    {
      task: 'ctc',
      output_dir: join(home, name),
      data,
      model: {encoder: ENCODER},
      augmentation: {noise: {snr_db: 20}, spec_augment: {frequency_mask_mels: 3, time_mask_frames: 4}},
      max_steps: 12,
      batch_seconds: 6,
      learning_rate: 0.003,
      lr_scheduler_type: 'constant',
      logging_steps: 1,
      eval_steps: 6,
      save_steps: 4,
      save_total_limit: null,
      engine: 'ort-cpu',
      threads: 1,
      ...more,
    },
    'test',
  )
}

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const found: TrainEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

const ofType = <Type extends TrainEvent['type']>(events: readonly TrainEvent[], type: Type) =>
  events.filter((event): event is TrainEventOf<Type> => event.type === type)

async function weightsOf(folder: string): Promise<Buffer> {
  return readFile(join(folder, 'training_state.safetensors'))
}

describe('a run', () => {
  let events: TrainEvent[]

  beforeAll(async () => {
    events = await collect(train(settings('whole')))
  })

  test('tells its plan, its steps, evaluations and checkpoints, and how it ended', () => {
    const [plan] = ofType(events, 'plan')
    expect(plan).toMatchObject({task: 'ctc', steps: 12, resumedStep: null, engine: {name: 'ort-cpu'}, skipped: []})
    expect(plan?.train).toMatchObject([{utterances: 32}])
    expect(plan?.dev).toMatchObject([{utterances: 8}])
    expect(ofType(events, 'step').map(({step}) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(ofType(events, 'evaluation').map(({step}) => step)).toEqual([6, 12])
    expect(ofType(events, 'checkpoint').map(({step}) => step)).toEqual([4, 6, 8, 12])
    expect(events.at(-1)).toMatchObject({type: 'done', reason: 'finished', steps: 12})
  })

  test('leaves a model folder, a log, event files for TensorBoard and a report', async () => {
    const names = await readdir(join(home, 'whole'))
    for (const name of ['model', 'metrics.jsonl', 'tensorboard', 'training.md', 'training.json', 'checkpoint-12'])
      expect(names).toContain(name)
    expect(await readFile(join(home, 'whole/training.md'), 'utf8')).toMatch(/WER/)
    expect((await readdir(join(home, 'whole/model'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
      'tokenizer_config.json',
      'vocab.json',
    ])
  })

  test('is the same to the bit when it is interrupted, killed and resumed', async () => {
    const controller = new AbortController()
    const seen: TrainEvent[] = []
    const run = async () => {
      for await (const event of train(settings('parts'), {}, {signal: controller.signal})) {
        seen.push(event)
        if (event.type === 'step' && event.step === 5) controller.abort(new Error('enough'))
      }
    }
    await expect(run()).rejects.toThrow('enough')
    const [stopped] = ofType(seen, 'done')
    expect(stopped).toMatchObject({reason: 'interrupted'})
    // What a run leaves that was killed later: lines of steps after its last checkpoint.
    const line = JSON.parse((await readFile(join(home, 'parts/metrics.jsonl'), 'utf8')).trim().split('\n').at(-2) ?? '')
    await appendFile(join(home, 'parts/metrics.jsonl'), `${JSON.stringify({...line, step: 9})}\n{"torn`)
    const rest = await collect(train(settings('parts'), {resume: true}))
    expect(ofType(rest, 'plan')[0]?.resumedStep).toBe(stopped?.steps)
    expect(await weightsOf(join(home, 'parts/checkpoint-12'))).toEqual(
      await weightsOf(join(home, 'whole/checkpoint-12')),
    )
    const losses = (all: readonly TrainEvent[]) => ofType(all, 'step').map(({step, loss}) => `${step} ${loss}`)
    expect(losses(rest)).toEqual(losses(events).slice(stopped?.steps))
  })

  test('will not run over an earlier one, nor go on with other settings', async () => {
    await expect(collect(train(settings('whole')))).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
    const other = settings('whole', {seed: 7, max_steps: 20})
    await expect(collect(train(other, {resume: true}))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('other settings or other data'),
    })
    await expect(collect(train(settings('nothing'), {resume: true}))).rejects.toMatchObject({code: 'USAGE'})
  })

  test('tells which texts and which model it learnt from, and is not gone on with by other texts', async () => {
    const texts = join(home, 'usual.txt')
    await writeFile(texts, 'AB\nBA CA\n')
    const from = join(home, 'whole/model')
    const config = settings('crf', {model: {encoder: ENCODER, from, crf: {texts}}, max_steps: 1, eval_steps: 1})
    const [plan] = ofType(await collect(train(config)), 'plan')
    const {model} = JSON.parse(await readFile(join(home, 'whole/training.json'), 'utf8'))
    const sources = [
      {setting: 'model.crf.texts', source: texts, hash: createHash('sha256').update('AB\nBA CA\n').digest('hex')},
      {setting: 'model.from', source: from, hash: model.hash},
    ]
    expect(plan?.sources).toEqual(sources)
    const report = JSON.parse(await readFile(join(home, 'crf/training.json'), 'utf8'))
    expect(report.data.sources).toEqual(sources)
    expect(report.notes).toEqual([expect.stringContaining('the head written the likeliest labels')])
    await appendFile(texts, 'CAB\n')
    await expect(collect(train({...config, max_steps: 2}, {resume: true}))).rejects.toThrow(
      'other settings or other data',
    )
  })

  test('can be resumed where it was interrupted before its first step', async () => {
    const controller = new AbortController()
    const run = async () => {
      for await (const {type} of train(settings('early', {max_steps: 4}), {}, {signal: controller.signal}))
        if (type === 'plan') controller.abort(new Error('enough'))
    }
    await expect(run()).rejects.toThrow('enough')
    await collect(train(settings('early', {max_steps: 4}), {resume: true}))
    expect(await weightsOf(join(home, 'early/checkpoint-4'))).toEqual(await weightsOf(join(home, 'whole/checkpoint-4')))
  })

  test.each(['model', 'training.md'])('leaves %s alone that stood in its folder', async name => {
    const folder = join(home, `own-${name}`)
    await mkdir(join(folder, name), {recursive: true})
    await writeFile(join(folder, name, 'mine'), 'mine')
    await expect(collect(train(settings(`own-${name}`)))).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
    expect(await readFile(join(folder, name, 'mine'), 'utf8')).toBe('mine')
  })

  test.each<[string, object, RegExp]>([
    ['a model that is not there', {model: {encoder: ENCODER, from: './nowhere'}}, /nowhere/],
    ['a schedule without such a setting', {lr_scheduler_kwargs: {num_decay_steps: 3}}, /num_decay_steps is no setting/],
    ['a schedule that lacks a setting', {lr_scheduler_type: 'warmup_stable_decay'}, /num_decay_steps: /],
  ])('is refused with %s before any recording is decoded', async (_, more, message) => {
    const seen: string[] = []
    const run = async () => {
      for await (const {type} of train(settings('refused', more))) seen.push(type)
    }
    await expect(run()).rejects.toThrow(message)
    expect(seen).toEqual([])
  })

  test('is refused where the best is to be told by what is not measured', async () => {
    const wrong = settings('metric', {metric_for_best_model: 'accuracy'})
    await expect(collect(train(wrong))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('wer, cer'),
    })
  })

  test('ends with the best, also where no checkpoint was due then', async () => {
    const events = await collect(train(settings('between', {max_steps: 5, eval_steps: 2, save_steps: 5})))
    const [done] = ofType(events, 'done')
    expect(done?.best?.folder).toBe(join(home, `between/checkpoint-${done?.best?.step}`))
    expect(await readFile(join(home, 'between/model/model.safetensors'))).toEqual(
      await readFile(join(home, `between/checkpoint-${done?.best?.step}/model.safetensors`)),
    )
  })

  test('goes on for longer where only that changes', async () => {
    await cp(join(home, 'whole'), join(home, 'longer'), {recursive: true})
    const more = await collect(train(settings('longer', {max_steps: 14, learning_rate: 0.001}), {resume: true}))
    expect(ofType(more, 'step').map(({step}) => step)).toEqual([13, 14])
  })
})

test('learns tones, and the exported model says what the trainer measured', async () => {
  const config = settings('learnt', {
    model: {encoder: {...ENCODER, dropout: 0}, phone_head: {}},
    data: {...data, lexicon: await writeLexicon()},
    augmentation: {},
    max_steps: 150,
    learning_rate: 0.01,
    lr_scheduler_type: 'cosine',
    warmup_steps: 10,
    logging_steps: 50,
    eval_steps: 150,
    save_steps: 150,
    early_stopping_patience: 3,
  })
  const events = await collect(train(config))
  const [result] = ofType(events, 'evaluation').at(-1)?.results ?? []
  expect(result?.metrics.wer).toBeLessThan(0.2)
  expect(result?.metrics.per).toBeLessThan(0.3)
  const exported = join(home, 'learnt-onnx')
  for await (const _ of exportModel({checkpoint: join(home, 'learnt/model'), out: exported}));
  const paths = WORDS.map((_, index) => join(home, `dev-${index}.wav`))
  const texts = join(home, 'texts')
  const run = await transcribe(...paths, '--model', exported, '--output-dir', texts, '--format', 'txt', '--quiet')
  expect(run.stderr).toBe('')
  const said = await Promise.all(WORDS.map((_, index) => readFile(join(texts, `dev-${index}.txt`), 'utf8')))
  const wrong = said.filter((text, index) => text.trim() !== WORDS[index]).length
  expect(wrong / WORDS.length).toBeCloseTo(result?.metrics.wer ?? 1, 5)
})

async function writeLexicon(): Promise<string> {
  const path = join(home, 'tones.dict')
  await writeFile(
    path,
    `;;; tones\n${WORDS.map(word => `${word} ${[...word].map(letter => `${letter}1`).join(' ')}`).join('\n')}\n`,
  )
  return path
}

describe('what cannot be learnt from', () => {
  test('is skipped and named: broken files, missing ones, too long ones, texts with other characters', async () => {
    const list = join(home, 'bad.csv')
    await writeFile(join(home, 'broken.wav'), 'no sound at all')
    const good = (await readFile(data.train, 'utf8')).trim().split('\n')
    const bad = ['x1,broken.wav,AB,s1,A', 'x2,missing.wav,AB,s1,A', 'x3,train-0.wav,AÄ,s1,A']
    const rows = [...good, ...bad, `x4,train-1.wav,${'AB'.repeat(50)},s1,A`]
    await writeFile(list, `${rows.join('\n')}\n`)
    const config = settings('bad', {
      data: {train: list, dev: data.dev, max_seconds: 0.7},
      model: {encoder: ENCODER, alphabet: 'ABC'},
      max_steps: 1,
    })
    const [plan] = ofType(await collect(train(config)), 'plan')
    const reasons = Object.fromEntries(
      plan?.skipped.map(({audio, reason}) => [audio.slice(home.length + 1), reason]) ?? [],
    )
    expect(reasons['broken.wav']).toMatch(/broken\.wav/)
    expect(reasons['train-4.wav']).toMatch(/more than max_seconds/)
    expect(reasons['train-0.wav']).toMatch(/Ä/)
    expect(reasons['train-1.wav']).toMatch(/its text wants 100 frames, and 0\.\d+ s have \d+/)
    expect(plan?.warnings.join()).toMatch(/missing\.wav/)
  })

  test('a loss that is no number ends the run and names the batch', async () => {
    const config = settings('diverged', {learning_rate: 1e30, max_grad_norm: 1e30, max_steps: 10})
    const error: LinguluError = await collect(train(config)).then(
      () => expect.unreachable(),
      reason => reason,
    )
    expect(error.code).toBe('TRAINING_DIVERGED')
    expect(error.message).toMatch(/Step \d+: .*train-\d+/)
  })
})

test('only so many checkpoints stay, the best and the newest among them', async () => {
  const config = settings('few', {max_steps: 6, save_steps: 1, eval_steps: 2, save_total_limit: 2})
  const events = await collect(train(config))
  const kept = (await readdir(join(home, 'few'))).filter(name => name.startsWith('checkpoint-')).sort()
  const best = ofType(events, 'done')[0]?.best?.step
  expect(kept.length).toBe(2)
  expect(kept).toContain('checkpoint-6')
  expect([`checkpoint-${best}`, 'checkpoint-5', 'checkpoint-6']).toEqual(expect.arrayContaining(kept))
})

describe('the best checkpoints are averaged', () => {
  const averaging = {
    model: {encoder: {...ENCODER, dropout: 0}},
    augmentation: {},
    average_best: 3,
    metric_for_best_model: 'cer',
    max_steps: 40,
    save_steps: 10,
    eval_steps: 10,
    save_total_limit: 1,
    learning_rate: 0.01,
    seed: 3,
  }

  async function vectorOf(folder: string): Promise<readonly number[]> {
    const {tensors} = await readSafetensors(join(folder, 'model.safetensors'))
    const parts = await Promise.all(
      [...tensors.values()].map(async ({source}) => [
        ...new Float32Array((await source.read(0, source.byteLength)).slice().buffer),
      ]),
    )
    return parts.flat()
  }

  test('and their mean is evaluated, told of and reported, and the model where it is better', async () => {
    const events = await collect(train(settings('averaged', averaging)))
    const [average] = ofType(events, 'average')
    const [done] = ofType(events, 'done')
    const steps = average?.steps ?? []
    expect(steps.length).toBe(3)
    const rates = ofType(events, 'evaluation').map(({results}) => results[0]?.metrics.cer ?? Number.NaN)
    const rate = average?.results[0]?.metrics.cer ?? Number.NaN
    const better = rate < Math.min(...rates)
    expect(average?.better).toBe(better)
    expect(done?.best).toMatchObject(
      better ? {value: rate, averaged: steps} : {value: Math.min(...rates), averaged: []},
    )
    const averaged = better ? steps : [done?.best?.step]
    const vectors = await Promise.all(averaged.map(step => vectorOf(join(home, `averaged/checkpoint-${step}`))))
    const model = await vectorOf(join(home, 'averaged/model'))
    const sums = model.map((_, index) => vectors.reduce((sum, vector) => sum + (vector[index] ?? Number.NaN), 0))
    for (const [index, value] of model.entries()) expect(value).toBeCloseTo((sums[index] ?? 0) / vectors.length, 6)
    const report = JSON.parse(await readFile(join(home, 'averaged/training.json'), 'utf8'))
    expect(report.average).toMatchObject({steps, better})
    expect(report.outcome.best.averaged).toEqual(done?.best?.averaged)
    expect(await readFile(join(home, 'averaged/training.md'), 'utf8')).toMatch(/The mean of steps \d+, \d+ and \d+: /)
  })

  test('also in a run that was interrupted while it was evaluated', async () => {
    const controller = new AbortController()
    const seen: TrainEvent[] = []
    const run = async () => {
      for await (const event of train(settings('halted', averaging), {}, {signal: controller.signal})) {
        seen.push(event)
        if (event.type === 'checkpoint' && event.step === 40) controller.abort(new Error('enough'))
      }
    }
    await expect(run()).rejects.toThrow('enough')
    expect(ofType(seen, 'done')).toEqual([])
    const events = await collect(train(settings('halted', averaging), {resume: true}))
    expect(events.map(({type}) => type)).toEqual(['plan', 'average', 'done'])
    expect(await readFile(join(home, 'halted/model/model.safetensors'))).toEqual(
      await readFile(join(home, 'averaged/model/model.safetensors')),
    )
  })

  test('but of a run that is gone on with without it, nothing is told', async () => {
    await collect(train(settings('averaged', {...averaging, average_best: 1, max_steps: 41}), {resume: true}))
    const report = JSON.parse(await readFile(join(home, 'averaged/training.json'), 'utf8'))
    expect(report.average).toBe(null)
    expect(report.outcome.best.averaged).toEqual([])
  })
})

test('batches that are added up learn the same as one', async () => {
  const size = {
    augmentation: {},
    model: {encoder: {...ENCODER, dropout: 0}},
    max_steps: 1,
    eval_steps: 9,
    save_steps: 1,
  }
  await collect(train(settings('one-batch', {...size, per_device_train_batch_size: 32})))
  await collect(
    train(settings('two-batches', {...size, per_device_train_batch_size: 16, gradient_accumulation_steps: 2})),
  )
  const [one, two] = await Promise.all(
    ['one-batch', 'two-batches'].map(async name => {
      const {tensors} = await readSafetensors(join(home, name, 'checkpoint-1/model.safetensors'))
      const source = tensors.get('heads.written.bias')?.source
      const bytes = await source?.read(0, source.byteLength)
      return [...new Float32Array((bytes ?? new Uint8Array()).slice().buffer)]
    }),
  )
  expect(one?.length).toBe(5)
  for (const [index, value] of one?.entries() ?? []) expect(two?.[index]).toBeCloseTo(value, 4)
})

test('the audio can be decoded again at each epoch, with the same result', async () => {
  await collect(train(settings('cached', {max_steps: 3})))
  await collect(train(settings('uncached', {max_steps: 3, data: {...data, cache_audio: false}})))
  const fingerprinted = (name: string) => weightsOf(join(home, name, 'checkpoint-3'))
  expect(await fingerprinted('uncached')).toEqual(await fingerprinted('cached'))
  expect(await readdir(join(home, 'uncached'))).not.toContain('cache')
  await rm(join(home, 'cached'), {recursive: true})
})
