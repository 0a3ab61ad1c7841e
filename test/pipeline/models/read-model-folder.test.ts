import {existsSync} from 'node:fs'
import {cp, mkdtemp, readFile, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import type {CtcOptions} from '../../../src/pipeline/models/ctc/options.js'
import {type DecodingInput, parseDecodingOptions} from '../../../src/pipeline/models/decoding-options.js'
import type {CtcFolder, ModelFolder, Precision, WhisperFolder} from '../../../src/pipeline/models/model-folder.js'
import {parsePrecision} from '../../../src/pipeline/models/precision.js'
import {
  inspectModelFolder,
  type ReadModelOptions,
  readModelFolder,
} from '../../../src/pipeline/models/read-model-folder.js'
import {onnxBytes, type SyntheticFiles, WAV2VEC2, WHISPER, whisperConfig, writeModel} from './synthetic-model.js'

const SHARED = resolve('../shared/data/models')

let home: string
let count = 0
let env: Record<string, string>

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-models-'))
  env = {LINGULU_CACHE: join(home, 'cache')}
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

async function read(files: SyntheticFiles, options: ReadModelOptions = {}): Promise<ModelFolder> {
  return await readModelFolder(await write(files), {env, ...options})
}

async function write(files: SyntheticFiles): Promise<string> {
  return await writeModel(join(home, `model-${count++}`), files)
}

async function readWhisper(changes: SyntheticFiles, options: ReadModelOptions = {}): Promise<WhisperFolder> {
  const folder = await read({...WHISPER, ...changes}, options)
  if (folder.kind !== 'whisper') throw new Error('not a Whisper folder')
  return folder
}

async function readCtc(changes: SyntheticFiles, options: ReadModelOptions = {}): Promise<CtcFolder> {
  const folder = await read({...WAV2VEC2, ...changes}, options)
  if (folder.kind !== 'ctc') throw new Error('not a CTC folder')
  return folder
}

async function failure(promise: Promise<unknown>): Promise<LinguluError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LinguluError)) throw new Error(`expected a LinguluError, got ${error}`)
  return error
}

describe('a Whisper folder', () => {
  test('with a merged decoder in onnx/ gives its files and its sizes', async () => {
    const folder = await readWhisper({}, {name: 'tiny'})
    expect(folder).toMatchObject({
      kind: 'whisper',
      name: 'tiny',
      precision: 'fp32',
      encoder: join(folder.path, 'onnx/encoder_model.onnx'),
      decoder: {layout: 'merged', path: join(folder.path, 'onnx/decoder_model_merged.onnx')},
      tokenizer: join(folder.path, 'tokenizer.json'),
      config: {
        mels: 80,
        vocabularySize: 51_865,
        decoderLayers: 4,
        decoderHeads: 6,
        headSize: 64,
        width: 384,
        textContext: 448,
        audioContext: 1500,
        medianFilterWidth: 7,
        alignmentHeads: [
          [2, 2],
          [3, 0],
        ],
        multilingual: true,
      },
    })
    expect(folder.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('with the decoder in two files beside config.json gives both', async () => {
    const folder = await readWhisper({
      'onnx/encoder_model.onnx': undefined,
      'onnx/decoder_model_merged.onnx': undefined,
      'encoder_model.onnx': onnxBytes(),
      'decoder_model.onnx': onnxBytes({bytes: 1}),
      'decoder_with_past_model.onnx': onnxBytes({bytes: 2}),
    })
    expect(folder.encoder).toBe(join(folder.path, 'encoder_model.onnx'))
    expect(folder.decoder).toEqual({
      layout: 'split',
      first: join(folder.path, 'decoder_model.onnx'),
      withPast: join(folder.path, 'decoder_with_past_model.onnx'),
    })
  })

  test('with both layouts prefers the merged decoder', async () => {
    const folder = await readWhisper({
      'onnx/decoder_model.onnx': onnxBytes(),
      'onnx/decoder_with_past_model.onnx': onnxBytes(),
    })
    expect(folder.decoder.layout).toBe('merged')
  })

  test.each<[Precision, string]>([
    ['fp16', '_fp16'],
    ['q8', '_quantized'],
    ['int8', '_int8'],
    ['uint8', '_uint8'],
    ['w8', '_w8'],
    ['q4', '_q4'],
    ['q4f16', '_q4f16'],
    ['bnb4', '_bnb4'],
  ])('in %s is found by its suffix, and chosen by itself when it is the only one', async (precision, suffix) => {
    const only = {
      'onnx/encoder_model.onnx': undefined,
      'onnx/decoder_model_merged.onnx': undefined,
      [`onnx/encoder_model${suffix}.onnx`]: onnxBytes(),
      [`onnx/decoder_model_merged${suffix}.onnx`]: onnxBytes(),
    }
    const folder = await readWhisper(only)
    expect(folder.precision).toBe(precision)
    expect(folder.encoder).toBe(join(folder.path, `onnx/encoder_model${suffix}.onnx`))
    const both = await readWhisper({...only, ...WHISPER}, {precision})
    expect(both.decoder).toEqual({layout: 'merged', path: join(both.path, `onnx/decoder_model_merged${suffix}.onnx`)})
    expect((await readWhisper({...only, ...WHISPER})).precision).toBe('fp32')
  })

  test('may have another precision in each part', async () => {
    const files = {'onnx/decoder_model_merged_quantized.onnx': onnxBytes()}
    const folder = await readWhisper(files, {precision: parsePrecision('encoder=fp32,decoder=q8')})
    expect(folder.precision).toBe('encoder=fp32,decoder=q8')
    expect(folder.decoder).toMatchObject({path: join(folder.path, 'onnx/decoder_model_merged_quantized.onnx')})
    const mixed = await readWhisper({...files, 'onnx/decoder_model_merged.onnx': undefined})
    expect(mixed.precision).toBe('encoder=fp32,decoder=q8')
  })

  test.each([
    [
      'large-v3',
      {num_mel_bins: 128, vocab_size: 51_866, d_model: 1280, decoder_layers: 32, decoder_attention_heads: 20},
      128,
      true,
    ],
    ['tiny.en', {vocab_size: 51_864}, 80, false],
    [
      'a config of the first exports, which names only what it must',
      {num_mel_bins: undefined, max_source_positions: undefined},
      80,
      true,
    ],
  ])('%s: mels and languages follow from its config', async (_, changes, mels, multilingual) => {
    const {config} = await readWhisper({
      'config.json': whisperConfig(changes),
      'generation_config.json': undefined,
      'preprocessor_config.json': {feature_size: mels},
    })
    expect(config).toMatchObject({mels, multilingual, audioContext: 1500, alignmentHeads: undefined})
  })

  test('of transformers 5 has its feature extractor in processor_config.json', async () => {
    const files = {
      'preprocessor_config.json': undefined,
      'processor_config.json': {
        feature_extractor: {feature_extractor_type: 'WhisperFeatureExtractor', feature_size: 128},
      },
    }
    const {message} = await failure(readWhisper(files))
    expect(message).toContain('80 mels, preprocessor_config.json says 128')
    const folder = await readWhisper({...files, 'config.json': whisperConfig({num_mel_bins: 128})})
    expect(folder.config.mels).toBe(128)
  })

  test('with external data hashes it too', async () => {
    const files = {'onnx/encoder_model.onnx': onnxBytes({location: 'encoder_model.onnx_data'})}
    const first = await readWhisper({...files, 'onnx/encoder_model.onnx_data': Buffer.from('weights')})
    const second = await readWhisper({...files, 'onnx/encoder_model.onnx_data': Buffer.from('Weights')})
    expect(second.hash).not.toBe(first.hash)
  })
})

describe('the hash', () => {
  test('is of the files that are used: same wherever they stand, other when one changes', async () => {
    const [one, same, other] = [
      await readWhisper({}),
      await readWhisper({'README.md': Buffer.from('x'), 'onnx/encoder_model_q4.onnx': onnxBytes()}),
      await readWhisper({'tokenizer.json': {}}),
    ]
    expect(same.hash).toBe(one.hash)
    expect(other.hash).not.toBe(one.hash)
  })

  test('is seen to change when a file is overwritten with as many bytes', async () => {
    const path = await write(WHISPER)
    const before = await readModelFolder(path, {env})
    expect((await readModelFolder(path, {env})).hash).toBe(before.hash)
    const encoder = join(path, 'onnx/encoder_model.onnx')
    const bytes = await readFile(encoder)
    bytes[bytes.length - 1] = 0x7a
    await writeFile(encoder, bytes)
    await utimes(encoder, new Date(0), new Date(0))
    expect((await readModelFolder(path, {env})).hash).not.toBe(before.hash)
  })

  test('does not need a cache that can be written', async () => {
    const path = await write(WHISPER)
    const blocked = join(home, 'a-file')
    await writeFile(blocked, '')
    const {hash} = await readModelFolder(path, {env: {LINGULU_CACHE: join(blocked, 'cache')}})
    expect(hash).toBe((await readModelFolder(path, {env})).hash)
  })

  test('is the same through the links of Hugging Face’s cache', async () => {
    const blobs = await write(WHISPER)
    const links = join(home, 'links')
    await cp(blobs, links, {recursive: true})
    for (const name of ['config.json', 'onnx/encoder_model.onnx']) {
      await rm(join(links, name))
      await symlink(join(blobs, name), join(links, name))
    }
    expect((await readModelFolder(links, {env})).hash).toBe((await readModelFolder(blobs, {env})).hash)
  })
})

describe('a CTC folder', () => {
  test('gives the vocabulary by id, the blank and what is never printed', async () => {
    const folder = await readCtc({})
    expect(folder).toMatchObject({
      kind: 'ctc',
      precision: 'fp32',
      model: join(folder.path, 'onnx/model.onnx'),
      vocabulary: ['<pad>', '<s>', '</s>', '<unk>', '|', 'E', 'T'],
      blank: 0,
      wordDelimiter: '|',
      features: {kind: 'waveform', normalize: true},
      stride: 320,
    })
    expect([...folder.special].sort()).toEqual([0, 1, 2, 3])
    expect(folder.languageModel).toBeUndefined()
  })

  test('with an lm.bin has a language model, which counts in the hash', async () => {
    const [one, other] = [await readCtc({'lm.bin': 'one'}), await readCtc({'lm.bin': 'other'})]
    expect(one.languageModel).toBe(join(one.path, 'lm.bin'))
    expect(new Set([one.hash, other.hash, (await readCtc({})).hash]).size).toBe(3)
  })

  const TOKEN_PRIORS = {T: 0.1, E: 0.2, '|': 0.1, '<pad>': 0.6, '<s>': 0, '</s>': 0, '<unk>': 0}

  test('with an lm.json has weights for its language model, which hold for no other and go behind those given', async () => {
    const folder = await readCtc({
      'lm.bin': 'one',
      'lm.json': {alpha: 0.9, unknown_offset: -5, phone_weight: 0.7, prior_weight: 0.3},
      'label_priors.json': {tokens: TOKEN_PRIORS},
    })
    const optionsOf = (input: DecodingInput) => parseDecodingOptions(folder, input).options
    expect(optionsOf({})).toMatchObject({alpha: 0.9, beta: 1.5, unknownOffset: -5, phoneWeight: 0.7, priorWeight: 0.3})
    expect(optionsOf({lm: undefined, alpha: undefined})).toMatchObject({alpha: 0.9})
    expect(optionsOf({alpha: 0.2})).toMatchObject({alpha: 0.2, unknownOffset: -5})
    expect(optionsOf({lm: 'other.arpa'})).toMatchObject({
      alpha: 0.5,
      unknownOffset: -10,
      phoneWeight: 0.5,
      priorWeight: 0,
    })
    expect(optionsOf({lm: 'none'})).toMatchObject({alpha: 0.5})
    expect(folder.hash).not.toBe((await readCtc({'lm.bin': 'one'})).hash)
    await expect(readCtc({'lm.bin': 'one', 'lm.json': {alpha: -1}})).rejects.toMatchObject({code: 'MODEL_INVALID'})
    await expect(readCtc({'lm.bin': 'one', 'lm.json': {weight: 1}})).rejects.toMatchObject({code: 'MODEL_INVALID'})
  })

  test('with tempos in its lm.json hears at them by phones only', async () => {
    const files = {'lm.bin': 'one', 'lm.json': {further_tempos: [0.9]}}
    const joint = await readCtc({...files, 'lexicon.txt': 'T T IY\n', 'phones.json': {'<pad>': 0, T: 1, IY: 2}})
    const temposOf = (folder: ModelFolder, input: DecodingInput = {}) =>
      (parseDecodingOptions(folder, input).options as CtcOptions).furtherTempos
    expect([{}, {furtherTempos: [1.1]}, {furtherTempos: []}].map(input => temposOf(joint, input))).toEqual([
      [0.9],
      [1.1],
      [],
    ])
    const without: DecodingInput[] = [{lm: 'none'}, {lexicon: 'none'}, {decoder: 'greedy'}]
    expect(without.map(input => temposOf(joint, input))).toEqual([[], [], []])
    expect(temposOf(await readCtc(files))).toEqual([])
    await expect(readCtc({...files, 'lm.json': {further_tempos: [0.1]}})).rejects.toMatchObject({code: 'MODEL_INVALID'})
  })

  test('an lm.json that wants priors needs them', async () => {
    await expect(readCtc({'lm.json': {prior_weight: 0.3}})).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('label_priors.json is missing'),
    })
    expect(await readCtc({'lm.json': {prior_weight: 0}})).toMatchObject({labelPriors: undefined})
  })

  test('with label_priors.json knows what is expected of its outputs, in their order', async () => {
    const phones = {'phones.json': {'<pad>': 0, AA: 1, B: 2}}
    const priors = {tokens: TOKEN_PRIORS, phones: {B: 0.1, AA: 0.2, '<pad>': 0.7}}
    const folder = await readCtc({...phones, 'label_priors.json': priors})
    expect(folder.labelPriors).toEqual({tokens: [0.6, 0, 0, 0, 0.1, 0.2, 0.1], phones: [0.7, 0.2, 0.1]})
    expect(folder.hash).not.toBe((await readCtc(phones)).hash)
    expect((await readCtc({...phones, 'label_priors.json': {tokens: TOKEN_PRIORS}})).labelPriors).toMatchObject({
      phones: [],
    })
    expect((await readCtc({...phones, 'label_priors.json': {phones: priors.phones}})).labelPriors).toEqual({
      tokens: [],
      phones: [0.7, 0.2, 0.1],
    })
    expect((await readCtc({})).labelPriors).toBeUndefined()
  })

  test.each([
    ['a token is missing', {tokens: {E: 1}}, /lacks the token <pad>/],
    ['a phone is missing', {tokens: null, phones: {AA: 1}}, /lacks the phone <pad>/],
    ['nothing is there', {}, /no priors/],
    ['one is no probability', {tokens: {E: 2}}, /tokens/],
    ['something else is there', {weights: {}}, /weights/],
  ])('label_priors.json is refused where %s', async (_, priors, message) => {
    const file = 'tokens' in priors && priors.tokens === null ? {...priors, tokens: TOKEN_PRIORS} : priors
    await expect(readCtc({'phones.json': {'<pad>': 0, AA: 1}, 'label_priors.json': file})).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('with phones.json and lexicon.txt hears phones, and both count in the hash', async () => {
    const phones = {'<pad>': 0, AA: 1, B: 2}
    const [bare, one, other] = [
      await readCtc({}),
      await readCtc({'phones.json': phones, 'lexicon.txt': 'BAA B AA1'}),
      await readCtc({'phones.json': phones, 'lexicon.txt': 'AB AA1 B'}),
    ]
    expect([bare.phones, bare.lexicon]).toEqual([[], undefined])
    expect([one.phones, one.lexicon]).toEqual([['<pad>', 'AA', 'B'], join(one.path, 'lexicon.txt')])
    expect(new Set([bare.hash, one.hash, other.hash]).size).toBe(3)
    await expect(readCtc({'phones.json': {AA: 1, B: 2}})).rejects.toMatchObject({code: 'MODEL_INVALID'})
  })

  test.each(['wav2vec2-conformer', 'hubert', 'wavlm', 'data2vec-audio', 'unispeech', 'unispeech-sat'])(
    'of type %s is one, with or without architectures',
    async type => {
      const config = {model_type: type, vocab_size: 7, pad_token_id: 0}
      expect((await readCtc({'config.json': config})).blank).toBe(0)
      expect((await readCtc({'config.json': {...config, architectures: ['AnyForCTC']}})).blank).toBe(0)
    },
  )

  test('may leave the waveform as it is, and have an adapter', async () => {
    const folder = await readCtc({
      'preprocessor_config.json': {do_normalize: false},
      'config.json': {
        ...(WAV2VEC2['config.json'] as object),
        add_adapter: true,
        adapter_stride: 2,
        num_adapter_layers: 2,
      },
    })
    expect(folder.features).toEqual({kind: 'waveform', normalize: false})
    expect(folder.stride).toBe(1280)
  })

  test('takes tokens from added_tokens.json, and never prints an id without one', async () => {
    const folder = await readCtc({
      'config.json': {...(WAV2VEC2['config.json'] as object), vocab_size: 9},
      'added_tokens.json': {'<extra>': 8},
    })
    expect(folder.vocabulary).toEqual(['<pad>', '<s>', '</s>', '<unk>', '|', 'E', 'T', '', '<extra>'])
    expect(folder.special.has(7)).toBe(true)
    expect(folder.special.has(8)).toBe(false)
  })

  test('whose tokenizer writes lower case does so', async () => {
    const folder = await readCtc({'tokenizer_config.json': {do_lower_case: true, unk_token: '<unk>'}})
    expect(folder.vocabulary).toEqual(['<pad>', '<s>', '</s>', '<unk>', '|', 'e', 't'])
  })

  test.each([
    ['token to id', {a: 1, b: 2, '▁c': 3}],
    [
      'pieces in order',
      [
        ['<x>', 0],
        ['a', -1],
        ['b', -2.5],
        ['▁c', -3],
      ],
    ],
  ])('with tokenizer.json only (%s) reads that', async (_, vocab) => {
    const folder = await readCtc({
      'vocab.json': undefined,
      'config.json': {
        architectures: ['ParakeetForCTC'],
        vocab_size: 5,
        pad_token_id: 4,
        encoder_config: {subsampling_factor: 8},
      },
      'tokenizer.json': {model: {vocab}, added_tokens: [{id: 4, content: '<pad>', special: true}]},
      'preprocessor_config.json': {
        feature_extractor_type: 'ParakeetFeatureExtractor',
        feature_size: 80,
        n_fft: 512,
        win_length: 400,
        hop_length: 160,
        preemphasis: 0.97,
      },
    })
    expect(folder.vocabulary.slice(1)).toEqual(['a', 'b', '▁c', '<pad>'])
    expect(folder).toMatchObject({blank: 4, wordDelimiter: undefined, stride: 8})
    expect(folder.features).toEqual({
      kind: 'filter-bank',
      options: {
        mels: 80,
        fftSize: 512,
        windowSamples: 400,
        hopSamples: 160,
        preemphasis: 0.97,
        normalize: 'per-feature',
      },
    })
  })

  test('of lingulu’s own kind describes its filter bank', async () => {
    const folder = await readCtc({
      'config.json': {model_type: 'lingulu-ctc', vocab_size: 7, pad_token_id: 0, subsampling_factor: 4},
      'preprocessor_config.json': {
        feature_extractor_type: 'LinguluFilterBank',
        feature_size: 64,
        n_fft: 512,
        win_length: 320,
        hop_length: 160,
        preemphasis: 0,
        normalize: 'all-features',
      },
    })
    expect(folder.stride).toBe(4)
    expect(folder.features).toEqual({
      kind: 'filter-bank',
      options: {mels: 64, fftSize: 512, windowSamples: 320, hopSamples: 160, preemphasis: 0, normalize: 'all-features'},
    })
  })

  test('of lingulu’s own kind may know what is usual of its mel bands, of each of them', async () => {
    const read = (bands: number, normalize = 'per-feature') => {
      const normalize_prior = {frames: 50, mean: Array(bands).fill(-11), deviation: Array(bands).fill(3)}
      const preprocessor = {feature_extractor_type: 'LinguluFilterBank', feature_size: 80, normalize, normalize_prior}
      const config = {model_type: 'lingulu-ctc', vocab_size: 7, pad_token_id: 0, subsampling_factor: 4}
      return readCtc({'config.json': config, 'preprocessor_config.json': preprocessor})
    }
    const {features} = await read(80)
    expect(features).toMatchObject({options: {prior: {frames: 50, mean: Array(80).fill(-11)}}})
    await expect(read(64)).rejects.toThrow(/normalize_prior that is not of its 80 mel bands/)
    await expect(read(80, 'all-features')).rejects.toThrow(/normalize_prior and normalize all-features/)
  })

  test('with a vocabulary for each language takes the one its tokenizer names', async () => {
    const vocabularies = {eng: {'<pad>': 0, a: 1}, deu: {'<pad>': 0, ä: 1}}
    const files = {
      'vocab.json': vocabularies,
      'config.json': {architectures: ['Wav2Vec2ForCTC'], vocab_size: 2, pad_token_id: 0},
    }
    const folder = await readCtc({...files, 'tokenizer_config.json': {target_lang: 'deu'}})
    expect(folder.vocabulary).toEqual(['<pad>', 'ä'])
    const {message} = await failure(readCtc(files))
    expect(message).toContain('a vocabulary for each language')
  })
})

describe('what is wrong is said, and where', () => {
  const noOnnx = {'onnx/encoder_model.onnx': undefined, 'onnx/decoder_model_merged.onnx': undefined}

  test.each<[string, SyntheticFiles, ReadModelOptions, RegExp, RegExp]>([
    ['no config.json', {'config.json': undefined}, {}, /has no config\.json/, /layout/],
    ['no tokenizer.json', {'tokenizer.json': undefined}, {}, /has no tokenizer\.json/, /Copy tokenizer\.json/],
    ['safetensors only', {...noOnnx, 'model.safetensors': Buffer.from('x')}, {}, /no ONNX files/, /lingulu export/],
    ['PyTorch weights only', {...noOnnx, 'pytorch_model.bin': Buffer.from('x')}, {}, /no ONNX files/, /PyTorch/],
    ['GGML weights only', {...noOnnx, 'ggml-tiny.bin': Buffer.from('x')}, {}, /no ONNX files/, /GGML/],
    [
      'half a split decoder',
      {'onnx/decoder_model_merged.onnx': undefined, 'onnx/decoder_model.onnx': onnxBytes()},
      {},
      /decoder_model_merged\.onnx, or decoder_model\.onnx with decoder_with_past_model\.onnx/,
      /onnx\/decoder_model\.onnx/,
    ],
    [
      'a precision that is not there',
      {},
      {precision: 'q4'},
      /no encoder in q4 \(encoder_model_q4\.onnx\)/,
      /there in fp32/,
    ],
    [
      'two precisions and no fp32',
      {
        ...noOnnx,
        'onnx/encoder_model_q4.onnx': onnxBytes(),
        'onnx/encoder_model_fp16.onnx': onnxBytes(),
        'onnx/decoder_model_merged_q4.onnx': onnxBytes(),
        'onnx/decoder_model_merged_fp16.onnx': onnxBytes(),
      },
      {},
      /no fp32 weights, but fp16, q4/,
      /--precision/,
    ],
    [
      'external data missing',
      {'onnx/encoder_model.onnx': onnxBytes({location: 'encoder_model.onnx_data'})},
      {},
      /encoder_model\.onnx_data is missing/,
      /fetch the model again/,
    ],
    [
      'external data outside',
      {'onnx/encoder_model.onnx': onnxBytes({location: '../../secret'})},
      {},
      /outside its folder: \.\.\/\.\.\/secret/,
      /^$/,
    ],
    [
      'external data by an absolute path',
      {'onnx/encoder_model.onnx': onnxBytes({location: '/etc/passwd'})},
      {},
      /outside its folder/,
      /^$/,
    ],
    [
      'an ONNX file cut short',
      {'onnx/encoder_model.onnx': onnxBytes({bytes: 1000}).subarray(0, 500)},
      {},
      /encoder_model\.onnx is not a whole ONNX file/,
      /fetch it again/,
    ],
    [
      'an empty ONNX file',
      {'onnx/encoder_model.onnx': Buffer.alloc(0)},
      {},
      /not a whole ONNX file: it is empty/,
      /fetch it again/,
    ],
    [
      'a Git LFS pointer',
      {'onnx/encoder_model.onnx': Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n')},
      {},
      /Git LFS pointer/,
      /git lfs pull/,
    ],
    ['JSON cut short', {'config.json': Buffer.from('{"model_type": "whis')}, {}, /config\.json is not JSON/, /^$/],
    [
      'a field of the wrong type',
      {'config.json': whisperConfig({d_model: 'wide'})},
      {},
      /config\.json[\s\S]*d_model/,
      /^$/,
    ],
    [
      'heads that do not divide the width',
      {'config.json': whisperConfig({decoder_attention_heads: 5})},
      {},
      /d_model is no multiple/,
      /^$/,
    ],
    [
      'an alignment head that is not there',
      {'generation_config.json': {alignment_heads: [[4, 0]]}},
      {},
      /alignment head \[4, 0\]/,
      /^$/,
    ],
    [
      'mels that differ',
      {'preprocessor_config.json': {feature_size: 128}},
      {},
      /80 mels, preprocessor_config\.json says 128/,
      /different models/,
    ],
    ['another sampling rate', {'preprocessor_config.json': {sampling_rate: 8000}}, {}, /16 kHz/, /^$/],
    [
      'another kind of model',
      {'config.json': {model_type: 'bert', architectures: ['BertModel']}},
      {},
      /does not transcribe[\s\S]*BertModel/,
      /CTC head/,
    ],
    [
      'a classifier',
      {'config.json': {model_type: 'wav2vec2', architectures: ['Wav2Vec2ForSequenceClassification']}},
      {},
      /Wav2Vec2ForSequenceClassification/,
      /CTC head/,
    ],
    ['a config that names nothing', {'config.json': {}}, {}, /neither a model_type nor architectures/, /^$/],
  ])('%s', async (_, changes, options, message, hint) => {
    const error = await failure(readWhisper(changes, options))
    expect(error.code).toBe('MODEL_INVALID')
    expect(error.message).toMatch(message)
    expect(error.hint ?? '').toMatch(hint)
  })

  test.each<[string, SyntheticFiles, RegExp]>([
    ['no vocabulary', {'vocab.json': undefined}, /neither vocab\.json nor tokenizer\.json/],
    [
      'a vocabulary larger than the model',
      {'vocab.json': {'<pad>': 0, x: 99}},
      /goes up to 99, the model has 7 outputs/,
    ],
    [
      'no blank',
      {'config.json': {architectures: ['Wav2Vec2ForCTC'], vocab_size: 7}, 'vocab.json': {a: 0}},
      /names a padding token/,
    ],
    [
      'unknown features',
      {'preprocessor_config.json': {feature_extractor_type: 'SeamlessM4TFeatureExtractor'}},
      /SeamlessM4TFeatureExtractor/,
    ],
  ])('of a CTC model: %s', async (_, changes, message) => {
    const error = await failure(readCtc(changes))
    expect(error.code).toBe('MODEL_INVALID')
    expect(error.message).toMatch(message)
  })

  test('a precision for each part of a model that has one', async () => {
    const error = await failure(readCtc({}, {precision: {encoder: 'fp32', decoder: 'q8'}}))
    expect(error.code).toBe('USAGE')
  })

  test.each([
    ['model.onnx', /folder that holds config\.json/],
    ['ggml-base.bin', /GGML/],
    ['base.pt', /PyTorch/],
    ['notes.md', /Hugging Face/],
  ])('a file instead of a folder: %s', async (name, hint) => {
    const path = join(home, name)
    await writeFile(path, 'x')
    const error = await failure(readModelFolder(path))
    expect(error).toMatchObject({code: 'MODEL_INVALID', message: `${path} is a file, not a model folder.`})
    expect(error.hint).toMatch(hint)
  })

  test('a folder that is not there', async () => {
    expect((await failure(readModelFolder(join(home, 'nowhere')))).code).toBe('MODEL_MISSING')
  })
})

describe('a folder with any value in its JSON replaced', () => {
  const JUNK = [null, -1, 0, 1.5, 1e300, 2 ** 53, '', 'x', true, [], {}, [[]], {a: {b: 1}}, [null]]

  test.each([
    ['Whisper', WHISPER],
    ['CTC', WAV2VEC2],
  ])('%s opens or is refused with a LinguluError', async (_, files) => {
    const path = await write(files)
    for (const [name, content] of Object.entries(files)) {
      if (Buffer.isBuffer(content) || content === undefined) continue
      for (const junk of JUNK) {
        for (const key of [
          undefined,
          ...Object.keys(content as object),
          'model_type',
          'pad_token',
          'added_tokens',
          'feature_extractor',
        ]) {
          await writeFile(
            join(path, name),
            JSON.stringify(key === undefined ? junk : {...(content as object), [key]: junk}),
          )
          const outcome = await inspectModelFolder(path).catch((error: unknown) => error)
          if (outcome instanceof Error)
            expect(outcome, `${name} ${key} ${JSON.stringify(junk)}: ${outcome.stack}`).toBeInstanceOf(LinguluError)
        }
      }
      await writeModel(path, {[name]: content})
    }
  })
})

describe('precisions are spelled', () => {
  test.each([
    ['auto', 'auto'],
    ['q8', 'q8'],
    ['encoder=fp16,decoder=q4', {encoder: 'fp16', decoder: 'q4'}],
    ['decoder=q4, encoder=fp16', {encoder: 'fp16', decoder: 'q4'}],
  ])('%s', (text, choice) => expect(parsePrecision(text)).toEqual(choice))

  test.each([
    'fp64',
    '',
    'encoder=fp16',
    'encoder=fp16,decoder=x',
    'encoder=q4,decoder=q4,model=q4',
    'encoder=fp16=2,decoder',
  ])('not %j', text => expect(() => parsePrecision(text)).toThrow(/No such precision/))
})

describe.skipIf(!existsSync(SHARED))('real exports (skipped without ../shared/data)', () => {
  test('whisper-nano is read as what its README says', async () => {
    const {folder, files} = await inspectModelFolder(join(SHARED, 'whisper-nano'))
    expect(folder).toMatchObject({
      kind: 'whisper',
      name: 'whisper-nano',
      config: {mels: 80, width: 128, decoderLayers: 2, decoderHeads: 2, multilingual: true, vocabularySize: 51_865},
    })
    expect(files).toEqual([
      'config.json',
      'generation_config.json',
      'onnx/decoder_model_merged.onnx',
      'onnx/encoder_model.onnx',
      'preprocessor_config.json',
      'tokenizer.json',
    ])
  })

  test('wav2vec2-nano is read as what its README says', async () => {
    const {folder} = await inspectModelFolder(join(SHARED, 'wav2vec2-nano'))
    expect(folder).toMatchObject({
      kind: 'ctc',
      blank: 0,
      wordDelimiter: '|',
      stride: 320,
      features: {kind: 'waveform', normalize: true},
    })
    expect(folder.kind === 'ctc' && folder.vocabulary).toHaveLength(32)
  })
})
