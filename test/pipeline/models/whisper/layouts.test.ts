import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {logSumExp} from '../../../../src/pipeline/decoding/log-sum-exp.js'
import {whisperLogMel} from '../../../../src/pipeline/features/log-mel.js'
import type {PrecisionChoice, WhisperFolder} from '../../../../src/pipeline/models/model-folder.js'
import type {RecognitionEvent, Recognizer} from '../../../../src/pipeline/models/recognizer.js'
import {decodeWindow, logitRules} from '../../../../src/pipeline/models/whisper/decode-window.js'
import {detectLanguage} from '../../../../src/pipeline/models/whisper/detect-language.js'
import {toMelMajor} from '../../../../src/pipeline/models/whisper/mel-major.js'
import type {Network, StepResult} from '../../../../src/pipeline/models/whisper/network.js'
import {openNetwork} from '../../../../src/pipeline/models/whisper/open-window-decoder.js'
import {WhisperOptions} from '../../../../src/pipeline/models/whisper/options.js'
import {openWhisperRecognizer} from '../../../../src/pipeline/models/whisper/recognizer.js'
import {StepDecoder} from '../../../../src/pipeline/models/whisper/step-decoder.js'
import type {WindowDecoder} from '../../../../src/pipeline/models/whisper/window-decoder.js'
import {floatsOf} from '../../../../src/pipeline/runtime/tensor.js'
import {parseTokenizerJson} from '../../../../src/pipeline/text/byte-level-bpe.js'
import {isLanguageCode} from '../../../../src/pipeline/text/languages.js'
import {createWhisperTokenizer, type WhisperTokenizer} from '../../../../src/pipeline/text/whisper-tokenizer.js'
import type {Transcript} from '../../../../src/pipeline/transcripts/transcript.js'
import {
  assembleModel,
  atomModel,
  openOnCpu,
  prepareSamples,
  readGolden,
  readWhisperFolder,
  removeModel,
  type Shape,
  type Tone,
  tones,
} from '../../../support/atom-models.js'

const WINDOW_SAMPLES = 480_000

interface Decoded {
  readonly tokens: readonly number[]
  readonly averageLogProbability: number
}

/** One 30 s signal, and what transformers makes of it. */
interface Golden {
  readonly shape: Shape
  readonly parts: readonly Tone[]
  readonly mel: {readonly frame: number; readonly values: readonly number[]}
  readonly encoder: readonly {readonly position: number; readonly values: readonly number[]}[]
  readonly noSpeechProbability: number
  readonly language?: {readonly code: string; readonly probability: number}
  readonly firstStep: {
    readonly prompt: readonly number[]
    readonly ids: readonly number[]
    readonly logits: readonly number[]
  }
  readonly timestamps: Decoded
  readonly plain: Decoded
  readonly translate?: Decoded
}

/** The parts that a recognizer is made of, for looking between them. */
interface Parts {
  readonly folder: WhisperFolder
  readonly network: Network
  readonly decoder: WindowDecoder
  readonly tokenizer: WhisperTokenizer
}

async function openParts(path: string, precision: PrecisionChoice = 'auto'): Promise<Parts> {
  const folder = await readWhisperFolder(path, {precision})
  const network = await openNetwork(folder, openOnCpu)
  return {folder, network, decoder: new StepDecoder(network, 1), tokenizer: await readTokenizer(folder)}
}

async function readTokenizer({tokenizer: name, config}: WhisperFolder): Promise<WhisperTokenizer> {
  const vocabulary = parseTokenizerJson(await readFile(name, 'utf8'), name)
  return createWhisperTokenizer(vocabulary, {multilingual: config.multilingual, name})
}

const context = () => ({timings: {encoderSeconds: 0, decoderSeconds: 0, alignmentSeconds: 0}})

const knownMels = new WeakMap<Golden, Float32Array>()

/** Frame-major features of a 30 s signal that ends where the window does, as transformers computes them. */
function melOf(golden: Golden, mels: number): Float32Array {
  const samples = () => tones(golden.shape, golden.parts, WINDOW_SAMPLES)
  const mel = knownMels.get(golden) ?? whisperLogMel(samples(), mels, {paddingSamples: 0})
  knownMels.set(golden, mel)
  return mel
}

const encode = ({decoder, folder}: Parts, golden: Golden) =>
  decoder.encode(toMelMajor(melOf(golden, folder.config.mels), folder.config.mels), context())

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length)
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)))
}

describe.each(['whisper-atom', 'whisper-atom.en', 'whisper-atom-v3'])(
  '%s computes what transformers computes',
  name => {
    const goldens = readGolden<Golden>(name)
    const cases = goldens.map(
      (golden, index) => [`${index}: ${golden.parts.length} ${golden.shape} tones`, golden] as const,
    )
    let model: Parts
    beforeAll(async () => {
      model = await openParts(atomModel(name))
    })
    afterAll(() => model.decoder.close())

    test.each(cases)('signal %s: features and encoder states', async (_, golden) => {
      const {mels} = model.folder.config
      const mel = melOf(golden, mels)
      const {frame, values} = golden.mel
      expect(largestDifference(mel.subarray(frame * mels, (frame + 1) * mels), values)).toBeLessThan(1e-4)
      const states = (await encode(model, golden)).get('encoder_hidden_states')!
      expect(states.dims).toEqual([1, 1500, 16])
      for (const {position, values} of golden.encoder)
        expect(largestDifference(floatsOf(states).subarray(position * 16, position * 16 + 16), values)).toBeLessThan(
          1e-3,
        )
    })

    test.each(cases)('signal %s: language, silence and first logits', async (_, golden) => {
      const {decoder, tokenizer} = model
      const window = await encode(model, golden)
      const afterSot = await decoder.predict(window, [tokenizer.sot], context())
      const noSpeech = Math.exp(afterSot[tokenizer.noSpeech]! - logSumExp(afterSot))
      expect(Math.abs(noSpeech - golden.noSpeechProbability)).toBeLessThan(1e-3)
      if (golden.language !== undefined) {
        const [best] = await detectLanguage(decoder, tokenizer, window, context())
        expect(best!.code).toBe(golden.language.code)
        expect(Math.abs(best!.probability - golden.language.probability)).toBeLessThan(1e-3)
      }
      const {prompt, ids, logits} = golden.firstStep
      const own = await decoder.predict(window, prompt, context())
      expect(own.length).toBe(model.folder.config.vocabularySize)
      expect(
        largestDifference(
          ids.map(id => own[id]!),
          logits,
        ),
      ).toBeLessThan(5e-3)
    })

    test.each(cases)('signal %s: greedy tokens', async (_, golden) => {
      const window = await encode(model, golden)
      const greedy = async (given: Partial<WhisperOptions>): Promise<Decoded> => {
        const {decoder, tokenizer, folder} = model
        const options = WhisperOptions.parse({temperatures: [0], beamSize: null, ...given})
        const language = golden.language?.code ?? 'en'
        if (!isLanguageCode(language)) throw new Error(`${language} is no language`)
        const sotSequence = tokenizer.sotSequence({
          language,
          task: options.task,
          timestamps: !options.withoutTimestamps,
        })
        const {textContext} = folder.config
        const rules = logitRules(tokenizer, options)
        return decodeWindow({decoder, tokenizer, options, rules, sotSequence, textContext}, window, [], 0, context())
      }
      for (const [expected, options] of [
        [golden.timestamps, {}],
        [golden.plain, {withoutTimestamps: true}],
        [golden.translate, {task: 'translate'}],
      ] as const) {
        if (expected === undefined) continue
        const {tokens, averageLogProbability} = await greedy(options)
        expect(tokens).toEqual(expected.tokens)
        expect(Math.abs(averageLogProbability - expected.averageLogProbability)).toBeLessThan(1e-3)
      }
    })

    test('the tokens that are never written are those of generation_config.json', async () => {
      const {tokenizer, folder} = model
      const generation = JSON.parse(await readFile(join(folder.path, 'generation_config.json'), 'utf8'))
      const {transcribe, translate, sot, sotPrev, sotLm, noSpeech, nonSpeechTokens} = tokenizer
      const suppressed = [...nonSpeechTokens, transcribe, translate, sot, sotPrev, sotLm, noSpeech].sort(
        (a, b) => a - b,
      )
      expect(suppressed).toEqual(generation.suppress_tokens)
      expect([...tokenizer.encode(' '), tokenizer.eot]).toEqual(generation.begin_suppress_tokens)
      expect(tokenizer.size).toBe(folder.config.vocabularySize)
      if (generation.lang_to_id !== undefined)
        expect(Object.fromEntries([...tokenizer.languageTokens].map(([code, id]) => [`<|${code}|>`, id]))).toEqual(
          generation.lang_to_id,
        )
    })
  },
)

interface Opened {
  readonly recognizer: Recognizer<WhisperOptions>
  /** Paths of the sessions that are open. */
  readonly sessions: string[]
}

/** `failing`: a graph of which the opening fails. */
async function openRecognizer(
  folder: WhisperFolder,
  {batchSize = 1, failing}: {readonly batchSize?: number; readonly failing?: string} = {},
  sessions: string[] = [],
): Promise<Opened> {
  const open = async (path: string) => {
    if (failing !== undefined && path.endsWith(failing)) throw new Error(`${failing} fails`)
    const session = await openOnCpu(path)
    sessions.push(path)
    return {
      ...session,
      close: async () => {
        sessions.splice(sessions.indexOf(path), 1)
        await session.close()
      },
    }
  }
  return {recognizer: await openWhisperRecognizer(folder, open, {provider: 'cpu', batchSize}), sessions}
}

async function listen(
  recognizer: Recognizer<WhisperOptions>,
  samples: Float32Array,
  options: Partial<WhisperOptions> = {},
): Promise<{readonly events: RecognitionEvent[]; readonly transcript: Transcript}> {
  const parsed = WhisperOptions.parse({temperatures: [0], beamSize: null, ...options})
  const events: RecognitionEvent[] = []
  for await (const event of recognizer.recognize(prepareSamples(recognizer.info.features, samples), parsed, {})) {
    events.push(event)
    if (event.type === 'done') return {events, transcript: event.transcript}
  }
  throw new Error('recognize ends with done')
}

async function hear(
  path: string,
  samples: Float32Array,
  options?: Partial<WhisperOptions>,
  precision?: PrecisionChoice,
) {
  const {recognizer} = await openRecognizer(await readWhisperFolder(path, {precision}))
  try {
    return await listen(recognizer, samples, options)
  } finally {
    await recognizer.close()
  }
}

const seconds = (count: number) => count * 16_000

/** Recordings in the three languages that whisper-atom knows, one of them longer than a window. */
const RECORDINGS: readonly Float32Array[] = [
  tones(
    'sine',
    [
      [0, 3, 540],
      [4, 9, 200],
      [10, 13, 2300],
    ],
    seconds(14),
  ),
  tones(
    'square',
    [
      [0.4, 4.4, 1400],
      [6, 12, 330],
    ],
    seconds(12.5),
  ),
  tones(
    'chirp',
    [
      [0, 5, 880],
      [7, 10, 200],
      [26, 33, 540],
      [36, 40, 1400],
    ],
    seconds(41),
  ),
]

/** Under which name each file of whisper-atom stands in a layout. */
const ENCODER = {'onnx/encoder_model.onnx': 'onnx/encoder_model.onnx'}
const WEIGHTS = {'onnx/decoder.onnx_data': 'onnx/decoder.onnx_data'}
const asIs = (...names: string[]) => Object.fromEntries(names.map(name => [`onnx/${name}.onnx`, `onnx/${name}.onnx`]))

interface Layout {
  readonly title: string
  readonly onnx: Readonly<Record<string, string>>
  readonly precision?: PrecisionChoice
  readonly label: string
  /** By how much the average log-probability of a text may differ from that of merged fp32. */
  readonly tolerance: number
  /** int8 may choose other words where two are nearly as likely: only how likely it finds a text is compared. */
  readonly sameText: boolean
}

const LAYOUTS: readonly Layout[] = [
  {
    title: 'two decoders',
    onnx: {...ENCODER, ...WEIGHTS, ...asIs('decoder_model', 'decoder_with_past_model')},
    label: 'fp32',
    tolerance: 1e-5,
    sameText: true,
  },
  {
    title: 'two decoders of which the second wants the encoder’s states too, as older exports do',
    onnx: {
      ...ENCODER,
      ...WEIGHTS,
      ...asIs('decoder_model'),
      'onnx/decoder_with_past_model.onnx': 'variants/decoder_with_past_model.states.onnx',
    },
    label: 'fp32',
    tolerance: 1e-5,
    sameText: true,
  },
  {
    title: 'files beside config.json',
    onnx: {
      'encoder_model.onnx': 'onnx/encoder_model.onnx',
      'decoder_model_merged.onnx': 'onnx/decoder_model_merged.onnx',
      'decoder.onnx_data': 'onnx/decoder.onnx_data',
    },
    label: 'fp32',
    tolerance: 0,
    sameText: true,
  },
  {
    title: 'half precision throughout',
    onnx: {...WEIGHTS, ...asIs('encoder_model_fp16', 'decoder_model_merged_fp16')},
    label: 'fp16',
    tolerance: 2e-3,
    sameText: true,
  },
  {
    title: 'a decoder of half precision with float inputs and outputs',
    onnx: {
      ...WEIGHTS,
      ...asIs('encoder_model_fp16'),
      'onnx/decoder_model_merged_fp16.onnx': 'variants/decoder_model_merged_fp16.float-io.onnx',
    },
    label: 'fp16',
    tolerance: 2e-3,
    sameText: true,
  },
  {
    title: 'an encoder of half precision alone',
    onnx: {...WEIGHTS, ...asIs('encoder_model_fp16', 'decoder_model_merged')},
    precision: {encoder: 'fp16', decoder: 'fp32'},
    label: 'encoder=fp16,decoder=fp32',
    tolerance: 2e-3,
    sameText: true,
  },
  {
    title: 'a decoder of half precision alone',
    onnx: {...ENCODER, ...WEIGHTS, ...asIs('decoder_model_merged_fp16')},
    label: 'encoder=fp32,decoder=fp16',
    tolerance: 2e-3,
    sameText: true,
  },
  {
    title: 'int8',
    onnx: {
      ...WEIGHTS,
      ...asIs('encoder_model_quantized', 'decoder_model_quantized', 'decoder_with_past_model_quantized'),
    },
    label: 'q8',
    tolerance: 0.1,
    sameText: false,
  },
  {
    title: 'an int8 decoder',
    onnx: {...ENCODER, ...WEIGHTS, ...asIs('decoder_model_quantized', 'decoder_with_past_model_quantized')},
    precision: {encoder: 'fp32', decoder: 'q8'},
    label: 'encoder=fp32,decoder=q8',
    tolerance: 0.1,
    sameText: false,
  },
]

describe('every layout of whisper-atom says what the merged fp32 one says', () => {
  const options = {wordTimestamps: true}
  const goldens = readGolden<Golden>('whisper-atom').filter(({parts}) => parts.length > 0)
  let merged: Transcript[]
  let scores: number[]
  beforeAll(async () => {
    merged = []
    for (const samples of RECORDINGS) merged.push((await hear(atomModel('whisper-atom'), samples, options)).transcript)
    scores = await scoreGoldens(await openParts(atomModel('whisper-atom'), 'fp32'))
  })

  /** Average log-probability of the golden texts: one pass over each, and the same step by step. */
  async function scoreGoldens(model: Parts): Promise<number[]> {
    const found: number[] = []
    for (const golden of goldens) {
      const window = await encode(model, golden)
      const {prompt} = golden.firstStep
      const tokens = [...golden.timestamps.tokens, model.tokenizer.eot]
      const whole = await model.network.prefill([window], [[...prompt, ...tokens]])
      const first = await model.network.prefill([window], [prompt])
      let step: StepResult = {cache: first.cache, logits: [first.logits(0, prompt.length - 1)]}
      let sum = 0
      for (const [index, token] of tokens.entries()) {
        const atOnce = logProbability(whole.logits(0, prompt.length - 1 + index), token)
        const stepped = logProbability(step.logits[0]!, token)
        expect(Math.abs(atOnce - stepped), `token ${index}`).toBeLessThan(
          model.folder.precision === 'fp32' ? 1e-4 : 0.3,
        )
        sum += stepped
        step = await model.network.step(step.cache, [token])
      }
      found.push(sum / tokens.length)
    }
    await model.decoder.close()
    return found
  }

  test('which is text in several languages, with words', () => {
    expect(merged.map(({language}) => language)).toEqual(['en', 'de', 'ja'])
    for (const {text, segments} of merged) {
      expect(text.length).toBeGreaterThan(10)
      expect(segments.flatMap(({words}) => words ?? []).length).toBeGreaterThan(2)
    }
    expect(merged[2]!.segments.at(-1)!.seek).toBeGreaterThan(0)
  })

  test.each(LAYOUTS.map(layout => [layout.title, layout] as const))('%s', async (_, layout) => {
    const path = await assembleModel('whisper-atom', layout.onnx)
    try {
      const folder = await readWhisperFolder(path, {precision: layout.precision ?? 'auto'})
      expect(folder.precision).toBe(layout.label)
      const found = await scoreGoldens(await openParts(path, layout.precision))
      for (const [index, score] of scores.entries())
        expect(Math.abs(found[index]! - score)).toBeLessThanOrEqual(layout.tolerance)
      for (const [index, samples] of RECORDINGS.entries()) {
        const {transcript} = await hear(path, samples, options, layout.precision)
        if (layout.sameText) expectSame(transcript, merged[index]!, layout.tolerance)
        else expect(transcript.segments.length).toBeGreaterThan(0)
      }
    } finally {
      await removeModel(path)
    }
  })
})

function logProbability(logits: Float32Array, token: number): number {
  return logits[token]! - logSumExp(logits)
}

/** Rounding may move a word by a position or two of the encoder, but not its text or its segment. */
function expectSame(actual: Transcript, expected: Transcript, tolerance: number): void {
  if (tolerance === 0) expect(actual).toEqual(expected)
  expect(actual.language).toBe(expected.language)
  expect(actual.segments.map(({tokens}) => tokens)).toEqual(expected.segments.map(({tokens}) => tokens))
  for (const [index, segment] of expected.segments.entries()) {
    const own = actual.segments[index]!
    expect(Math.abs(own.averageLogProbability - segment.averageLogProbability)).toBeLessThanOrEqual(tolerance + 1e-5)
    for (const [at, {word, start}] of segment.words!.entries()) {
      expect(own.words![at]!.word).toBe(word)
      expect(Math.abs(own.words![at]!.start - start)).toBeLessThanOrEqual(tolerance < 1e-3 ? 0 : 0.5)
    }
  }
}

describe('variants of whisper-atom', () => {
  let path = ''
  afterEach(() => removeModel(path))
  const merged = () =>
    assembleModel('whisper-atom', {...ENCODER, ...WEIGHTS, ...asIs('decoder_model_merged')}).then(made => (path = made))
  const [samples] = RECORDINGS

  async function editJson(file: string, edit: (content: Record<string, unknown>) => void) {
    const content = JSON.parse(await readFile(join(path, file), 'utf8'))
    edit(content)
    await writeFile(join(path, file), JSON.stringify(content))
  }

  test('a decoder without cross-attention says so when words are asked for, and transcribes without', async () => {
    path = await assembleModel('whisper-atom', {
      ...ENCODER,
      ...WEIGHTS,
      ...asIs('decoder_with_past_model'),
      'onnx/decoder_model.onnx': 'variants/decoder_model.no-attentions.onnx',
    })
    const {transcript} = await hear(path, samples!)
    expect(transcript).toEqual((await hear(atomModel('whisper-atom'), samples!)).transcript)
    await expect(hear(path, samples!, {wordTimestamps: true})).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      message: expect.stringContaining('cross_attentions.0'),
      hint: expect.stringContaining('_timestamped'),
    })
  })

  test('without alignment heads all heads of the upper half of the layers align', async () => {
    await merged()
    const words = async (heads: readonly (readonly number[])[] | undefined) => {
      await editJson('generation_config.json', generation => {
        generation.alignment_heads = heads
      })
      const {transcript} = await hear(path, samples!, {wordTimestamps: true})
      return transcript.segments.flatMap(segment => segment.words!)
    }
    const upper = await words(undefined)
    expect(upper).toEqual(
      await words([
        [1, 0],
        [1, 1],
      ]),
    )
    expect(upper).not.toEqual(await words([[0, 0]]))
  })

  test('timestamps that the tokenizer lists are those that it leaves out', async () => {
    await merged()
    const folder = await readWhisperFolder(path)
    const {noTimestamps} = await readTokenizer(folder)
    const before = await hear(path, samples!)
    await editJson('tokenizer.json', tokenizer => {
      const times = Array.from({length: 1501}, (_, index) => ({
        id: noTimestamps + 1 + index,
        content: `<|${(index * 0.02).toFixed(2)}|>`,
        special: false,
      }))
      tokenizer.added_tokens = [...(tokenizer.added_tokens as object[]), ...times]
    })
    expect((await readTokenizer(folder)).decodeWithTimestamps([noTimestamps + 55])).toBe('<|1.08|>')
    expect((await hear(path, samples!)).transcript).toEqual(before.transcript)
  })

  test('a decoder without its weights is refused by name', async () => {
    path = await assembleModel('whisper-atom', {...ENCODER, ...asIs('decoder_model_merged')})
    await expect(readWhisperFolder(path)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('decoder.onnx_data is missing'),
    })
  })

  test('a decoder without keys and values is refused', async () => {
    path = await assembleModel('whisper-atom', {
      ...ENCODER,
      'onnx/decoder_model_merged.onnx': 'onnx/encoder_model.onnx',
    })
    const sessions: string[] = []
    await expect(openRecognizer(await readWhisperFolder(path), {}, sessions)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('present.N.decoder.key'),
    })
    expect(sessions).toEqual([])
  })
})

describe('whisper-atom.en', () => {
  const samples = tones(
    'sine',
    [
      [0, 3, 540],
      [4, 9, 200],
    ],
    seconds(10),
  )

  test('writes English without looking for the language', async () => {
    const {events, transcript} = await hear(atomModel('whisper-atom.en'), samples)
    expect(transcript.text).toMatch(/^ [A-Z]/)
    expect(transcript.language).toBe('en')
    expect(transcript).not.toHaveProperty('languageProbability', expect.anything())
    expect(events.map(({type}) => type)).not.toContain('language')
    const {sot, timestampBegin} = await readTokenizer(await readWhisperFolder(atomModel('whisper-atom.en')))
    expect(transcript.segments[0]!.tokens[0]).toBeGreaterThanOrEqual(timestampBegin)
    expect(transcript.segments.flatMap(({tokens}) => tokens)).not.toContain(sot)
  })

  test('does not translate', async () => {
    await expect(hear(atomModel('whisper-atom.en'), samples, {task: 'translate'})).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      message: expect.stringContaining('whisper-atom.en knows English only'),
    })
  })

  test('warns where another language is asked for', async () => {
    const {events, transcript} = await hear(atomModel('whisper-atom.en'), samples, {language: 'de'})
    expect(events[0]).toEqual({type: 'warning', message: expect.stringContaining('language de is ignored')})
    expect(transcript.text).toBe((await hear(atomModel('whisper-atom.en'), samples)).transcript.text)
  })
})

describe('whisper-atom-v3', () => {
  const samples = tones(
    'tremolo',
    [
      [0, 4, 330],
      [5, 9, 1400],
      [12, 15, 880],
    ],
    seconds(16),
  )

  test('hears 128 mels and finds the hundredth language', async () => {
    const folder = await readWhisperFolder(atomModel('whisper-atom-v3'))
    expect(folder.config).toMatchObject({mels: 128, multilingual: true, decoderLayers: 1, textContext: 64})
    const {languageTokens, sot, translate} = await readTokenizer(folder)
    expect(languageTokens.size).toBe(100)
    expect(languageTokens.get('yue')).toBe(sot + 100)
    expect(translate).toBe(sot + 101)
    const {events, transcript} = await hear(atomModel('whisper-atom-v3'), samples, {wordTimestamps: true})
    expect(events[0]).toMatchObject({type: 'language', language: 'yue'})
    expect(transcript.text).toMatch(/^\p{Script=Han}/u)
    // Cantonese has no spaces: words are whole characters.
    const words = transcript.segments.flatMap(segment => segment.words!)
    expect(words.length).toBeGreaterThan(1)
    expect(words.map(({word}) => word).join('')).toBe(transcript.text)
  })

  test('whisper-atom has 99 languages, and Cantonese is not among them', async () => {
    const {languageTokens} = await readTokenizer(await readWhisperFolder(atomModel('whisper-atom')))
    expect(languageTokens.size).toBe(99)
    await expect(hear(atomModel('whisper-atom'), samples, {language: 'yue'})).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
    })
  })
})

describe('several recordings at once', () => {
  const shapes = ['sine', 'square', 'chirp'] as const
  const pitches = [200, 330, 540, 880, 1400, 2300]
  /** From 3 to 66 s. */
  const recordings = Array.from({length: 8}, (_, index) =>
    tones(
      shapes[index % 3]!,
      Array.from({length: 1 + index}, (_, tone) => [
        8 * tone + 0.2 * index,
        8 * tone + 3 + index / 2,
        pitches[(index + 5 * tone) % 6]!,
      ]),
      seconds(3 + 9 * index),
    ),
  )

  test.each<[string, Partial<WhisperOptions>]>([
    ['greedy', {wordTimestamps: true}],
    ['beam search', {beamSize: 3}],
    ['sampling', {temperatures: [0.6], bestOf: 3, conditionOnPreviousText: false}],
  ])('give exactly what each gives alone: %s', async (_, options) => {
    const folder = await readWhisperFolder(atomModel('whisper-atom'))
    const alone = await openRecognizer(folder, {batchSize: 1})
    const batched = await openRecognizer(folder, {batchSize: 8})
    const together = await Promise.all(recordings.map(samples => listen(batched.recognizer, samples, options)))
    for (const [index, samples] of recordings.entries()) {
      const {transcript} = await listen(alone.recognizer, samples, options)
      expect(together[index]!.transcript).toEqual(transcript)
    }
    await alone.recognizer.close()
    await batched.recognizer.close()
  })
})

describe('sessions', () => {
  test('are one for each graph, and closed with the recognizer', async () => {
    const {recognizer, sessions} = await openRecognizer(await readWhisperFolder(atomModel('whisper-atom')))
    expect(sessions.map(path => path.split('/').at(-1))).toEqual(['encoder_model.onnx', 'decoder_model_merged.onnx'])
    await recognizer.close()
    expect(sessions).toEqual([])
  })

  test('that are open already are closed where the next cannot be opened', async () => {
    const folder = await readWhisperFolder(atomModel('whisper-atom'), {precision: 'q8'})
    for (const failing of ['decoder_model_quantized.onnx', 'decoder_with_past_model_quantized.onnx']) {
      const sessions: string[] = []
      await expect(openRecognizer(folder, {failing}, sessions)).rejects.toThrow(`${failing} fails`)
      expect(sessions).toEqual([])
    }
  })
})
