import {rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {PreparedRecording, Recognizer} from '../../../../src/pipeline/models/recognizer.js'
import {WhisperOptions} from '../../../../src/pipeline/models/whisper/options.js'
import {openWhisperRecognizer} from '../../../../src/pipeline/models/whisper/recognizer.js'
import type {Transcript} from '../../../../src/pipeline/transcripts/transcript.js'
import {
  assembleModel,
  atomModel,
  openOnCpu,
  prepareSamples,
  readWhisperFolder,
  removeModel,
  type Shape,
  tones,
} from '../../../support/atom-models.js'
import {makeFusedAtom, makeFusedModel} from '../../../support/fused-models.js'
import {referenceAudio} from '../../../support/reference-audio.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../support/shared-data.js'

type Whisper = Recognizer<WhisperOptions>

async function openModel(path: string, batchSize: number): Promise<Whisper> {
  return openWhisperRecognizer(await readWhisperFolder(path), openOnCpu, {provider: 'cpu', batchSize})
}

async function transcribe(
  whisper: Whisper,
  samples: Float32Array,
  given: Partial<WhisperOptions>,
  signal?: AbortSignal,
) {
  const options = WhisperOptions.parse({temperatures: [0], beamSize: null, ...given})
  for await (const event of whisper.recognize(prepare(whisper, samples), options, {signal}))
    if (event.type === 'done') return event.transcript
  throw new Error('recognize ends with done')
}

const prepared = new WeakMap<Float32Array, PreparedRecording>()

function prepare({info}: Whisper, samples: Float32Array): PreparedRecording {
  const recording = prepared.get(samples) ?? prepareSamples(info.features, samples)
  prepared.set(samples, recording)
  return recording
}

/** Everything but the last digits of probabilities. */
function expectSame(actual: Transcript, expected: Transcript, what: string): void {
  expect(actual.language, what).toBe(expected.language)
  expect(actual.text, what).toBe(expected.text)
  const shown = ({segments}: Transcript) =>
    segments.map(({seek, start, end, text, tokens, temperature, words}) => ({
      ...{seek, start, end, text, tokens, temperature},
      words: words?.map(({word, start, end}) => ({word, start, end})),
    }))
  expect(shown(actual), what).toEqual(shown(expected))
  for (const [index, segment] of expected.segments.entries()) {
    const own = actual.segments[index]!
    expect(Math.abs(own.averageLogProbability - segment.averageLogProbability), what).toBeLessThan(1e-3)
    expect(Math.abs(own.noSpeechProbability - segment.noSpeechProbability), what).toBeLessThan(1e-3)
    for (const [at, {probability}] of segment.words?.entries() ?? [])
      expect(Math.abs(own.words![at]!.probability - probability), what).toBeLessThan(5e-3)
  }
}

const seconds = (count: number) => count * 16_000
const PITCHES = [200, 330, 540, 880, 1400, 2300]

/** From 3 to 36 s, of the shapes that a model knows. */
const recordings = (shapes: readonly Shape[], count: number) =>
  Array.from({length: count}, (_, index) => {
    const parts = Array.from({length: 1 + 2 * index}, (_, tone) => {
      const start = 8 * tone + 0.2 * index
      return [start, start + 3 + 0.3 * index, PITCHES[(index + 5 * tone) % PITCHES.length]!] as const
    })
    return tones(shapes[index % shapes.length]!, parts, seconds(3 + 16.5 * index))
  })

/** Hot enough that models which have learnt little by heart hesitate, and one window in some fails. */
const OPTIONS: Readonly<Record<string, Partial<WhisperOptions>>> = {
  'greedy, with words': {wordTimestamps: true},
  'five beams': {beamSize: 5},
  'three beams, patience and a length penalty': {beamSize: 3, patience: 2, lengthPenalty: 0.6},
  'without timestamps': {withoutTimestamps: true, beamSize: 2},
  samples: {temperatures: [0.8], bestOf: 3, seed: 5},
  'falling back': {
    beamSize: 2,
    temperatures: [0, 0.4, 0.8],
    bestOf: 2,
    logprobThreshold: -0.02,
    noSpeechThreshold: null,
  },
  'prompts of unequal lengths': {initialPrompt: 'Seven boats came home at dawn.', carryInitialPrompt: true},
  'a prefix': {prefix: 'Seven'},
  'rules that look back': {repetitionPenalty: 1.3, noRepeatNgramSize: 3, beamSize: 2},
  'a few tokens only': {sampleLength: 6, beamSize: 2},
  'the shortest texts': {maxLength: 12},
  'clips, no rule of silence, any first timestamp': {
    clipTimestampsSeconds: [1, 9],
    noSpeechThreshold: null,
    maxInitialTimestampSeconds: null,
    suppressTokens: [],
    suppressBlank: false,
  },
  'the most probable tokens, which the loop leaves to single steps': {
    temperatures: [0.8],
    bestOf: 2,
    topK: 4,
    topP: 0.9,
  },
}

const MODELS: readonly [
  name: string,
  shapes: readonly Shape[],
  options: Readonly<Record<string, Partial<WhisperOptions>>>,
][] = [
  ['whisper-atom', ['sine', 'square', 'chirp'], OPTIONS],
  ['whisper-atom.en', ['sine'], {greedy: {}, 'five beams, with words': {beamSize: 5, wordTimestamps: true}}],
  [
    'whisper-atom-v3',
    ['tremolo', 'sine'],
    {'greedy, with words': {wordTimestamps: true}, samples: {temperatures: [0.5]}},
  ],
]

describe.each(MODELS)('%s with the decode loop in its graph', (name, shapes, options) => {
  const samples = recordings(shapes, 3)
  let path = ''
  let steps: Whisper
  let alone: Whisper
  let batched: Whisper
  beforeAll(async () => {
    path = await makeFusedAtom(name)
    steps = await openModel(atomModel(name), 1)
    alone = await openModel(path, 1)
    batched = await openModel(path, 8)
  })
  afterAll(async () => {
    await Promise.all([steps, alone, batched].map(whisper => whisper?.close()))
    await removeModel(path)
  })

  test.each(Object.entries(options))('writes what single steps write: %s', async (_, given) => {
    const together = await Promise.all(samples.map(one => transcribe(batched, one, given)))
    for (const [index, one] of samples.entries())
      expectSame(together[index]!, await transcribe(steps, one, given), `recording ${index}`)
    const hottest = Math.max(...together.flatMap(({segments}) => segments.map(({temperature}) => temperature)))
    expect(hottest > 0).toBe(given.temperatures?.some(temperature => temperature > 0) ?? false)
  })

  test('writes the same alone as in a batch', async () => {
    const given = {beamSize: 3, wordTimestamps: true}
    const together = await Promise.all(samples.map(one => transcribe(batched, one, given)))
    for (const [index, one] of samples.entries())
      expectSame(await transcribe(alone, one, given), together[index]!, `recording ${index}`)
  })

  test('decodes windows with other searches beside each other', async () => {
    const various = Object.values(options).slice(0, samples.length)
    const together = await Promise.all(various.map((given, index) => transcribe(batched, samples[index]!, given)))
    for (const [index, given] of various.entries())
      expectSame(together[index]!, await transcribe(steps, samples[index]!, given), `recording ${index}`)
  })
})

describe('the fused layout', () => {
  let path = ''
  beforeAll(async () => {
    path = await makeFusedAtom('whisper-atom')
  })
  afterAll(() => removeModel(path))

  test('translates', async () => {
    const [samples] = recordings(['square'], 1)
    const [steps, fused] = [await openModel(atomModel('whisper-atom'), 1), await openModel(path, 1)]
    const options = {task: 'translate', language: 'de'} as const
    expectSame(await transcribe(fused, samples!, options), await transcribe(steps, samples!, options), 'translated')
    await steps.close()
    await fused.close()
  })

  test('lets go of a recording that is given up, and goes on with the others', async () => {
    const fused = await openModel(path, 4)
    const samples = recordings(['sine', 'square'], 3)
    const controller = new AbortController()
    const given = {beamSize: 2}
    const [first, second, third] = samples.map((one, index) =>
      transcribe(fused, one, given, index === 1 ? controller.signal : undefined),
    )
    controller.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    expect((await first)!.segments.length).toBeGreaterThan(0)
    expect((await third)!.segments.length).toBeGreaterThan(0)
    await fused.close()
  })

  test('is refused where the graphs are of another layout, and nothing stays open', async () => {
    const wrong = await assembleModel('whisper-atom', {
      'onnx/encoder_fused.onnx': 'onnx/encoder_model.onnx',
      'onnx/decoder_fused.onnx': 'onnx/encoder_model.onnx',
    })
    let open = 0
    const counted = async (file: string) => {
      const session = await openOnCpu(file)
      open++
      return {
        ...session,
        close: async () => {
          open--
          await session.close()
        },
      }
    }
    const opening = openWhisperRecognizer(await readWhisperFolder(wrong), counted, {provider: 'cpu', batchSize: 1})
    await expect(opening).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('encoder_fused.onnx lacks cross_key.0'),
    })
    expect(open).toBe(0)
    await removeModel(wrong)
  })

  test.each(['encoder_fused', 'decoder_fused'])('without its %s says what is missing', async missing => {
    const half = await makeFusedAtom('whisper-atom.en')
    await rm(join(half, `onnx/${missing}.onnx`))
    await expect(readWhisperFolder(half)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(`has no ${missing}.onnx`),
      hint: expect.stringContaining('both parts must be of one layout'),
    })
    await removeModel(half)
  })

  test('is taken before the others, in the same precision', async () => {
    const both = await assembleModel('whisper-atom', {
      'onnx/encoder_model.onnx': 'onnx/encoder_model.onnx',
      'onnx/decoder_model_merged.onnx': 'onnx/decoder_model_merged.onnx',
      'onnx/decoder.onnx_data': 'onnx/decoder.onnx_data',
    })
    const fused = await makeFusedAtom('whisper-atom')
    for (const part of ['encoder', 'decoder'])
      await rename(join(fused, `onnx/${part}_fused.onnx`), join(both, `onnx/${part}_fused_w8.onnx`))
    expect((await readWhisperFolder(both)).decoder.layout).toBe('merged')
    expect(await readWhisperFolder(both, {precision: 'w8'})).toMatchObject({
      precision: 'w8',
      decoder: {layout: 'fused', path: join(both, 'onnx/decoder_fused_w8.onnx')},
    })
    for (const part of ['encoder', 'decoder'])
      await rename(join(both, `onnx/${part}_fused_w8.onnx`), join(both, `onnx/${part}_fused.onnx`))
    expect((await readWhisperFolder(both)).decoder.layout).toBe('fused')
    await removeModel(both)
    await removeModel(fused)
  })
})

describe.skipIf(!hasSharedData)(`whisper-nano with the decode loop in its graph${needsSharedData}`, () => {
  const path = sharedData('models/whisper-nano')
  const ids = ['1688-142285-0000', '1688-142285-0007', 'long-1']
  let fused = ''
  let steps: Whisper
  let loop: Whisper
  beforeAll(async () => {
    fused = await makeFusedModel(path)
    steps = await openModel(path, 4)
    loop = await openModel(fused, 4)
  })
  afterAll(async () => {
    await Promise.all([steps, loop].map(whisper => whisper?.close()))
    await removeModel(fused)
  })

  test.each<[string, Partial<WhisperOptions>]>([
    ['five beams, with words, after a detected language', {beamSize: 5, wordTimestamps: true}],
    ['samples', {temperatures: [0.6], bestOf: 3, language: 'en', initialPrompt: 'A reading.'}],
  ])('writes what single steps write: %s', {timeout: 120_000}, async (_, options) => {
    const audio = await Promise.all(ids.map(referenceAudio))
    const [expected, found] = await Promise.all(
      [steps, loop].map(whisper => Promise.all(audio.map(samples => transcribe(whisper, samples, options)))),
    )
    for (const [index, id] of ids.entries()) expectSame(found![index]!, expected![index]!, id)
  })
})
