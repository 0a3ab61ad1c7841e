import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {env, pipeline} from '@huggingface/transformers'
import {beforeAll, describe, expect, test} from 'vitest'
import {fromErrorRecord} from '../../../src/pipeline/errors.js'
import type {ExportPrecision} from '../../../src/pipeline/export/layouts.js'
import {openModel} from '../../../src/pipeline/open-model.js'
import {writeCtcAtomCheckpoint, writeWhisperAtomCheckpoint} from '../../support/atom-checkpoints.js'
import {tones} from '../../support/atom-models.js'
import {exportAll} from '../../support/export.js'
import {suiteFolder} from '../../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {samplesOf, writeWav} from '../../support/speech.js'

const home = suiteFolder()

beforeAll(() => {
  env.allowRemoteModels = false
  env.allowLocalModels = true
  env.localModelPath = home
  env.useFSCache = false
})

/** What transformers.js hears in a recording with a model of `home`. */
async function heardByTransformersJs(model: string, wav: string, dtype: ExportPrecision, options: object = {}) {
  const recognizer = await pipeline('automatic-speech-recognition', model, {dtype, device: 'cpu'})
  const output = await recognizer(await samplesOf(wav), options)
  await recognizer.dispose()
  return [output]
    .flat()
    .map(({text}) => text.trim())
    .join(' ')
}

/** What lingulu hears with the same files. */
async function heardByLingulu(model: string, wav: string, precision: ExportPrecision, options: object = {}) {
  await using opened = await openModel(join(home, model), {device: 'cpu', precision})
  for await (const event of opened.run({audio: {type: 'file', path: wav}, options})) {
    if (event.type === 'failed') throw fromErrorRecord(event.error)
    if (event.type === 'done') return event.transcripts.map(({text}) => text.trim()).join(' ')
  }
  throw new Error('a recording ends with done')
}

/** transformers.js reads no vocab.json: what its own converter makes of it. */
async function addTokenizer(folder: string, vocabulary: string): Promise<void> {
  const vocab = JSON.parse(await readFile(vocabulary, 'utf8'))
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: {type: 'Replace', pattern: {String: ' '}, content: '|'},
    pre_tokenizer: {type: 'Split', pattern: {Regex: ''}, behavior: 'Isolated', invert: false},
    post_processor: null,
    decoder: {type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true},
    model: {type: 'WordLevel', vocab, unk_token: '<unk>'},
  }
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
}

/** One pass, as transformers.js makes it: it does not decode again what looks wrong. */
const GREEDY = {
  ...{temperatures: [0], beamSize: null, language: 'en'},
  ...{compressionRatioThreshold: null, logprobThreshold: null, noSpeechThreshold: null},
}
const ENGLISH = {language: 'en', task: 'transcribe'}
/** As long as a window, so that both compute the same features up to its end. */
const WINDOW_SAMPLES = 480_000

describe('transformers.js hears what lingulu hears', () => {
  test.each([
    ['fp32', true],
    ['fp32', false],
    ['fp16', false],
  ] as const)('with a Whisper in %s, timestamps: %s', async (precision, timestamps) => {
    const name = `whisper-${precision}-${timestamps}`
    const checkpoint = join(home, `${name}-checkpoint`)
    await writeWhisperAtomCheckpoint(checkpoint)
    await writeFile(join(checkpoint, 'tokenizer_config.json'), '{"tokenizer_class": "WhisperTokenizer"}')
    await exportAll({checkpoint, out: join(home, name), layout: 'huggingface', precision})
    const parts = [
      [0, 3, 540],
      [4, 9, 200],
      [10, 13, 2300],
    ] as const
    const wav = await writeWav(home, `${name}.wav`, tones('sine', parts, WINDOW_SAMPLES))
    const expected = await heardByLingulu(name, wav, precision, {...GREEDY, withoutTimestamps: !timestamps})
    expect(expected).toMatch(/^My brother baked .{20,}\.|\?$/)
    const options = {...ENGLISH, return_timestamps: timestamps}
    expect(await heardByTransformersJs(name, wav, precision, options)).toBe(expected)
  })

  test.each(['fp32', 'fp16'] as const)('with a wav2vec 2.0 in %s', async precision => {
    const checkpoint = join(home, `ctc-checkpoint-${precision}`)
    await writeCtcAtomCheckpoint(checkpoint)
    await addTokenizer(checkpoint, join(checkpoint, 'vocab.json'))
    const name = `ctc-${precision}`
    await exportAll({checkpoint, out: join(home, name), layout: 'huggingface', precision})
    const parts = [
      [0, 0.6, 200],
      [0.8, 1.4, 880],
      [1.6, 2.2, 540],
      [2.9, 3.5, 2300],
    ] as const
    const wav = await writeWav(home, `${name}.wav`, tones('sine', parts, 64_000))
    expect(await heardByLingulu(name, wav, precision)).toBe('LOW CLEAR SOFT THIN')
    expect(await heardByTransformersJs(name, wav, precision)).toBe('LOW CLEAR SOFT THIN')
  })
})

describe.skipIf(!hasSharedData)(`transformers.js hears speech as lingulu does${needsSharedData}`, () => {
  const recording = sharedData('librispeech/LibriSpeech/test-other/1688/142285/1688-142285-0000.flac')

  test('with whisper-nano', async () => {
    const out = join(home, 'whisper-nano')
    await exportAll({checkpoint: sharedData('models/whisper-nano'), out, layout: 'huggingface'})
    const samples = new Float32Array(WINDOW_SAMPLES)
    samples.set((await samplesOf(recording)).subarray(0, WINDOW_SAMPLES))
    const wav = await writeWav(home, 'speech.wav', samples)
    const expected = await heardByLingulu('whisper-nano', wav, 'fp32', {...GREEDY, withoutTimestamps: true})
    expect(expected.length).toBeGreaterThan(20)
    expect(await heardByTransformersJs('whisper-nano', wav, 'fp32', ENGLISH)).toBe(expected)
  })

  test('with wav2vec2-nano', async () => {
    const out = join(home, 'wav2vec2-nano')
    await exportAll({checkpoint: sharedData('models/wav2vec2-nano'), out, layout: 'huggingface'})
    await addTokenizer(out, join(out, 'vocab.json'))
    const expected = await heardByLingulu('wav2vec2-nano', recording, 'fp32')
    expect(expected.length).toBeGreaterThan(20)
    expect(await heardByTransformersJs('wav2vec2-nano', recording, 'fp32')).toBe(expected)
  })
})
