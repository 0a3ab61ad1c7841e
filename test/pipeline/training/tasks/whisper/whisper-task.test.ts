import {cp, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {InferenceSession} from 'onnxruntime-node'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readSafetensors} from '../../../../../src/pipeline/export/safetensors-read.js'
import {parseTokenizerJson} from '../../../../../src/pipeline/text/byte-level-bpe.js'
import {createWhisperTokenizer} from '../../../../../src/pipeline/text/whisper-tokenizer.js'
import type {TrainingEngine} from '../../../../../src/pipeline/training/engine/training-engine.js'
import type {TrainingTask} from '../../../../../src/pipeline/training/tasks/training-task.js'
import {
  WhisperModelConfig,
  type WhisperModelInput,
} from '../../../../../src/pipeline/training/tasks/whisper/whisper-config.js'
import {writeWhisperAtomCheckpoint} from '../../../../support/atom-checkpoints.js'
import {atomModel, readGolden, type Shape, type Tone, tones} from '../../../../support/atom-models.js'
import {exportAll, floats, integers} from '../../../../support/export.js'
import {relativeDifference} from '../../../../support/golden-whisper.js'
import {
  batchOf,
  evaluate,
  itemOf,
  learn,
  openEngine,
  openTask,
  type Sound,
  trainedWeights,
} from '../../../../support/whisper-training.js'

interface GoldenCase {
  readonly shape: Shape
  readonly parts: readonly Tone[]
  readonly plain: {readonly tokens: readonly number[]}
}

let folder = ''
let checkpoint = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-whisper-task-'))
  checkpoint = join(folder, 'atom')
  await writeWhisperAtomCheckpoint(checkpoint)
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const tokenizerFile = atomModel('whisper-atom/tokenizer.json')
const vocabulary = parseTokenizerJson(await readFile(tokenizerFile, 'utf8'), tokenizerFile)
const tokenizer = createWhisperTokenizer(vocabulary, {multilingual: true, name: 'atom'})

const SECONDS = 4
const tone = (hz: number, text: string): Sound => ({
  samples: tones('sine', [[0.2, 3, hz]], SECONDS * 16_000),
  text,
})
/** Not what the model says of these tones. */
const NEW_SENTENCES = [tone(540, 'Seven dawn boats.'), tone(1400, 'Home at seven.')]

test.each([
  ['en', 'sine'],
  ['de', 'square'],
  ['ja', 'chirp'],
] as const)('evaluation decodes %s as transformers does', async (language, shape) => {
  const golden = readGolden<GoldenCase>('whisper-atom').find(one => one.shape === shape)!
  const text = tokenizer.decode(golden.plain.tokens).trim()
  const task = await openTask({checkpoint, language})
  const engine = await openEngine(task)
  const right = {samples: tones(shape, golden.parts, 30 * 16_000), text}
  const batch = batchOf(task, [right, {...right, text: 'Something else.'}])
  const {metrics, examples} = await evaluate(task, engine, batch)
  expect(examples.map(({hypothesis}) => hypothesis)).toEqual([text, text])
  expect(metrics.wer).toBeGreaterThan(0)
  const {metrics: alone} = await evaluate(task, engine, batchOf(task, [right]))
  expect(alone).toMatchObject({wer: 0, cer: 0})
  expect(alone.token_accuracy).toBeGreaterThan(0.9)
  expect(alone.loss).toBeLessThan(metrics.loss!)
  await Promise.all([engine.close(), task.close?.()])
})

const WAYS: readonly (readonly [string, WhisperModelInput])[] = [
  ['all weights', {}],
  ['the decoder beside a frozen encoder', {freeze: 'encoder', encoder_cache: 'off'}],
  ['the decoder on kept outputs of the encoder', {freeze: 'encoder'}],
  ['low-rank changes', {lora: {r: 4, target_modules: ['q_proj', 'v_proj', 'fc1', 'fc2']}}],
  ['low-rank changes of the decoder', {lora: {r: 4, lora_dropout: 0.1}, freeze: 'encoder'}],
]

test.each(WAYS)('training %s lets the loss fall, and what is saved is what was learnt', async (_, model) => {
  const {saved, says} = await learnAndSave(model)
  const {freeze} = model
  const again = await openTask({checkpoint: saved, audio_context: 'auto', freeze, encoder_cache: 'single'})
  const engine = await openEngine(again)
  // Kept outputs of the encoder were rounded to half precision.
  const tolerance = freeze === 'encoder' && model.encoder_cache !== 'off' ? 5e-3 : 1e-5
  expect(relativeDifference(await labelLogProbabilities(again, engine), says)).toBeLessThan(tolerance)
  await Promise.all([engine.close(), again.close?.()])
})

test('a saved model is exported as it is, with the trainer’s own log-probabilities', async () => {
  const {saved, says} = await learnAndSave({lora: {}, audio_context: 'full'}, 2)
  expect((await readdir(saved)).sort()).toEqual([
    ...['adapter', 'config.json', 'generation_config.json', 'model.safetensors'],
    ...['preprocessor_config.json', 'tokenizer.json'],
  ])
  const out = `${saved}-onnx`
  await exportAll({checkpoint: saved, out, layout: 'split'})
  const open = (name: string) => InferenceSession.create(join(out, 'onnx', `${name}.onnx`))
  const [encoder, decoder] = [await open('encoder_model'), await open('decoder_model')]
  const {frames, tokens, labels} = await exportedInputs(saved)
  const {last_hidden_state} = await encoder.run({input_features: frames})
  const {logits} = await decoder.run({input_ids: tokens, encoder_hidden_states: last_hidden_state!})
  const values = logits!.data as Float32Array
  const size = logits!.dims.at(-1)!
  for (const [place, label] of labels.entries()) {
    const scores = values.subarray(place * size, (place + 1) * size)
    const all = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0))
    expect(Math.abs(scores[label]! - all - says[place]!)).toBeLessThan(1e-4)
  }
  await Promise.all([encoder.release(), decoder.release()])
})

test('changes are saved in PEFT’s format beside the merged model, in Hugging Face’s layout', async () => {
  const {saved, trained} = await learnAndSave({lora: {r: 2, lora_alpha: 3}}, 1)
  const config = JSON.parse(await readFile(join(saved, 'adapter/adapter_config.json'), 'utf8'))
  expect(config).toMatchObject({peft_type: 'LORA', r: 2, lora_alpha: 3, target_modules: ['q_proj', 'v_proj']})
  const {tensors} = await readSafetensors(join(saved, 'adapter/adapter_model.safetensors'))
  expect([...tensors.keys()].sort()).toEqual([...trained.keys()].map(name => `base_model.model.${name}`).sort())
  for (const {name, shape} of tensors.values())
    expect(shape, name).toEqual(name.endsWith('lora_A.weight') ? [2, 16] : [16, 2])
})

test('a frozen encoder hears each recording once, whatever else is in its batch', async () => {
  const cacheFolder = join(folder, 'cache')
  const kept = {freeze: 'encoder', encoder_cache: 'single', audio_context: 'auto'} as const
  const task = await openTask({checkpoint, ...kept}, {cacheFolder})
  const plain = await openTask({checkpoint, freeze: 'encoder', encoder_cache: 'off', audio_context: 'auto'})
  const [engine, other] = [await openEngine(task), await openEngine(plain)]
  const [first, second] = NEW_SENTENCES as [Sound, Sound]
  expect(task.hasCached?.([[itemOf(first, 'sound 0')]])).toBe(false)
  const heard = await engine.infer((await task.batch(batchOf(task, [first, second]))).inputs)
  const cached = batchOf(task, [first, second])
  expect(cached.lengths).toEqual([])
  expect(await engine.infer((await task.batch(cached)).inputs)).toEqual(heard)
  const uncached = await other.infer((await plain.batch(batchOf(plain, [first, second]))).inputs)
  expect(relativeDifference(heard.values, uncached.values)).toBeLessThan(1e-5)
  const joined = [[itemOf(first, 'sound 0'), itemOf(second, 'sound 1')]]
  expect(task.hasCached?.(joined)).toBe(false)
  await Promise.all([engine.close(), other.close(), task.close?.(), plain.close?.()])
  expect(await readdir(cacheFolder)).toEqual([])
})

test('the loss of an evaluation is that of the labels, however training smooths them', async () => {
  const losses: number[] = []
  for (const labelSmoothing of [0, 0.2]) {
    const task = await openTask({checkpoint, audio_context: 'auto', predict_with_generate: false}, {labelSmoothing})
    const engine = await openEngine(task)
    const {metrics, examples} = await evaluate(task, engine, batchOf(task, NEW_SENTENCES))
    expect(Object.keys(metrics)).toEqual([task.best.metric])
    expect(examples).toEqual([])
    losses.push(metrics.loss!)
    await Promise.all([engine.close(), task.close?.()])
  }
  expect(losses[1]).toBeCloseTo(losses[0]!, 5)
})

test('a new model begins with random weights and saves as a whole', async () => {
  const tokenizerFolder = atomModel('whisper-atom')
  const sizes = {d_model: 16, num_encoder_layers: 1, num_decoder_layers: 2, encoder_ffn_dim: 24}
  const audio_context = 'auto'
  const task = await openTask({model_size: 'tiny', tokenizer: tokenizerFolder, ...sizes, audio_context})
  const engine = await openEngine(task)
  const losses = await learn(task, engine, () => batchOf(task, NEW_SENTENCES), {steps: 8, rate: 0.02})
  expect(losses[0]).toBeCloseTo(Math.log(tokenizer.size), 1)
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 1)
  const saved = join(folder, 'new')
  await task.save(saved, await trainedWeights(engine))
  expect(JSON.parse(await readFile(join(saved, 'config.json'), 'utf8'))).toMatchObject({
    ...{model_type: 'whisper', d_model: 16, encoder_layers: 1, decoder_layers: 2, encoder_ffn_dim: 24},
    ...{decoder_ffn_dim: 64, vocab_size: tokenizer.size, decoder_start_token_id: tokenizer.sot},
  })
  const again = await openTask({checkpoint: saved, audio_context})
  const reopened = await openEngine(again)
  const says = await labelLogProbabilities(task, engine)
  expect(relativeDifference(await labelLogProbabilities(again, reopened), says)).toBeLessThan(1e-5)
  await Promise.all([engine.close(), reopened.close(), task.close?.(), again.close?.()])
})

test('recordings and texts that are too long for the model are refused, with the reason', async () => {
  const task = await openTask({checkpoint, max_length: 12})
  const item = (seconds: number, text: string) => ({...itemOf({samples: new Float32Array(0), text}, 'one'), seconds})
  expect(task.refuse(item(30, 'Seven.'))).toBeUndefined()
  expect(task.refuse(item(30.1, 'Seven.'))).toContain('30.1 s long')
  expect(task.refuse(item(3, 'Seven boats came home at dawn and at noon.'))).toMatch(/takes \d+ tokens, more than 12/)
  await task.close?.()
})

test.each<readonly [string, WhisperModelInput, object, RegExp]>([
  [
    'a measure of decoding without it',
    {predict_with_generate: false},
    {bestMetric: 'wer'},
    /metric_for_best_model: wer/,
  ],
  ['augmentation beside kept outputs', {freeze: 'encoder'}, {augmented: true}, /cannot be kept/],
  ['a folder that is not there', {checkpoint: '/no/such/folder'}, {}, /no\/such\/folder/],
])('%s is refused', async (_, model, options, message) => {
  await expect(openTask({checkpoint, ...model}, options)).rejects.toThrow(message)
})

test('a checkpoint without languages learns English only', async () => {
  const english = join(folder, 'english')
  await cp(checkpoint, english, {recursive: true})
  await writeFile(join(english, 'generation_config.json'), JSON.stringify({is_multilingual: false}))
  await expect(openTask({checkpoint: english, language: 'de'})).rejects.toThrow('English only')
})

test('a checkpoint whose weights are not those of its configuration is refused by the tensor’s name', async () => {
  const other = join(folder, 'other')
  await cp(checkpoint, other, {recursive: true})
  const config = JSON.parse(await readFile(join(other, 'config.json'), 'utf8'))
  await writeFile(join(other, 'config.json'), JSON.stringify({...config, decoder_ffn_dim: 32}))
  await expect(openTask({checkpoint: other})).rejects.toThrow(/"model\.decoder\.layers\.0\.fc1\.weight".*\[64, 16\]/)
})

test.each<readonly [WhisperModelInput, string | undefined, string, boolean]>([
  [{}, undefined, 'wer', false],
  [{predict_with_generate: false}, undefined, 'loss', false],
  [{}, 'token_accuracy', 'token_accuracy', true],
])('with %j and %s the best checkpoint is that of the best %s', async (model, bestMetric, metric, greaterIsBetter) => {
  const task = await openTask({checkpoint, ...model}, {bestMetric})
  expect(task.best).toEqual({metric, greaterIsBetter})
  await task.close?.()
})

test.each<readonly [string, object, RegExp]>([
  ['neither checkpoint nor size', {}, /checkpoint to start from/],
  ['both', {checkpoint: 'a', model_size: 'tiny'}, /one or the other/],
  ['a new model without a tokenizer', {model_size: 'tiny'}, /tokenizer/],
  ['random weights that are frozen', {model_size: 'tiny', tokenizer: 'a', freeze: 'encoder'}, /freezing/],
  ['a setting that is none', {checkpoint: 'a', beam: 3}, /Unrecognized key/],
])('a configuration with %s is refused', (_, model, message) => {
  expect(WhisperModelConfig.safeParse(model).error?.message).toMatch(message)
})

async function learnAndSave(model: WhisperModelInput, steps = 8) {
  const task = await openTask({checkpoint, audio_context: 'auto', ...model, predict_with_generate: false})
  const engine = await openEngine(task)
  const losses = await learn(task, engine, () => batchOf(task, NEW_SENTENCES), {steps, rate: 0.02})
  if (steps > 2) expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.9)
  const saved = join(await mkdtemp(join(folder, 'run-')), 'saved')
  const trained = await trainedWeights(engine)
  await task.save(saved, trained)
  const says = await labelLogProbabilities(task, engine)
  await Promise.all([engine.close(), task.close?.()])
  return {saved, trained, says}
}

async function labelLogProbabilities(task: TrainingTask, engine: TrainingEngine): Promise<Float32Array> {
  const {inputs} = await task.batch(batchOf(task, [NEW_SENTENCES[0]!]))
  return (await engine.infer(inputs)).values
}

/** What the exported graphs take, for the same sentence. */
async function exportedInputs(saved: string) {
  const task = await openTask({checkpoint: saved})
  const {inputs} = await task.batch(batchOf(task, [NEW_SENTENCES[0]!]))
  const {features, tokens, labels} = inputs
  await task.close?.()
  const [, time, mels] = features!.shape as [number, number, number]
  const turned = Array.from(
    {length: time * mels},
    (_, at) => features!.values[(at % time) * mels + Math.floor(at / time)]!,
  )
  return {
    frames: floats(turned, [1, mels, time]),
    tokens: integers([...tokens!.values], tokens!.shape),
    labels: [...labels!.values],
  }
}
