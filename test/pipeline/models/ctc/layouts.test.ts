import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {logSoftmax} from '../../../../src/pipeline/decoding/ctc/log-softmax.js'
import {openCtcNetwork} from '../../../../src/pipeline/models/ctc/network.js'
import {CtcOptions} from '../../../../src/pipeline/models/ctc/options.js'
import {openCtcRecognizer} from '../../../../src/pipeline/models/ctc/recognizer.js'
import type {CtcFolder} from '../../../../src/pipeline/models/model-folder.js'
import type {Recognizer} from '../../../../src/pipeline/models/recognizer.js'
import type {Transcript} from '../../../../src/pipeline/transcripts/transcript.js'
import {
  assembleModel,
  atomModel,
  openOnCpu,
  prepareSamples,
  readCtcFolder,
  readGolden,
  removeModel,
  type Shape,
  type Tone,
  tones,
} from '../../../support/atom-models.js'

/** A signal, and what transformers makes of it. */
interface Golden {
  readonly shape: Shape
  readonly parts: readonly Tone[]
  readonly samples: number
  /** Output frames. */
  readonly frames: number
  /** The waveform’s first eight samples, or the first eight mels of frame 10. */
  readonly features: readonly number[]
  readonly logits: readonly {readonly frame: number; readonly values: readonly number[]}[]
  readonly tokens: readonly number[]
  readonly text: string
}

interface Model {
  readonly name: string
  readonly info: Partial<CtcFolder>
  /** Input frame of the golden features. */
  readonly frame: number
}

const MODELS: readonly Model[] = [
  {
    name: 'ctc-atom',
    info: {blank: 0, wordDelimiter: '|', stride: 320, features: {kind: 'waveform', normalize: true}},
    frame: 0,
  },
  {
    name: 'ctc-atom-mel',
    info: {
      blank: 16,
      stride: 8,
      features: {
        kind: 'filter-bank',
        options: {
          mels: 80,
          fftSize: 512,
          windowSamples: 400,
          hopSamples: 160,
          preemphasis: 0.97,
          normalize: 'per-feature',
        },
      },
    },
    frame: 10,
  },
]

/** By how much log-probabilities may differ from those of PyTorch in float32. */
const PRECISIONS = [
  ['fp32', 2e-3],
  ['fp16', 5e-2],
] as const

async function listen(
  recognizer: Recognizer<CtcOptions>,
  samples: Float32Array,
  options: Partial<CtcOptions> = {},
): Promise<Transcript> {
  const recording = prepareSamples(recognizer.info.features, samples)
  for await (const event of recognizer.recognize(recording, CtcOptions.parse(options), {}))
    if (event.type === 'done') return event.transcript
  throw new Error('recognize ends with done')
}

describe.each(MODELS)('$name says what transformers says', ({name, info, frame}) => {
  const goldens = readGolden<Golden>(name)

  describe.each(PRECISIONS)('in %s', (precision, tolerance) => {
    let path: string
    let folder: CtcFolder
    let recognizer: Recognizer<CtcOptions>
    beforeAll(async () => {
      const file = precision === 'fp16' ? 'onnx/model_fp16.onnx' : 'onnx/model.onnx'
      path = await assembleModel(name, {[file]: file})
      folder = await readCtcFolder(path)
      recognizer = await openCtcRecognizer(folder, openOnCpu, {provider: 'cpu'})
    })
    afterAll(async () => {
      await recognizer.close()
      await removeModel(path)
    })

    test('the folder is read', () => {
      expect(folder).toMatchObject({...info, precision, kind: 'ctc'})
    })

    test.each(goldens.map(golden => [golden.text, golden] as const))('%s', async (_, golden) => {
      const samples = tones(golden.shape, golden.parts, golden.samples)
      const {features} = prepareSamples(folder.features, samples)
      for (const [index, expected] of golden.features.entries())
        expect(features.read(frame, 8)[index]).toBeCloseTo(expected, 3)

      const network = await openCtcNetwork(folder, openOnCpu)
      const found = await network.logProbabilities(features.read(0, features.frames), features.frames)
      await network.close()
      const size = network.vocabularySize
      expect(found.length).toBe(golden.frames * size)
      for (const {frame, values} of golden.logits) {
        const expected = logSoftmax(Float32Array.from(values), size)
        for (let token = 0; token < size; token++)
          expect(Math.abs(found[frame * size + token]! - expected[token]!)).toBeLessThan(tolerance)
      }

      const transcript = await listen(recognizer, samples, {decoder: 'greedy', wordTimestamps: true})
      expect(transcript.text).toBe(golden.text)
      // A token that parts words belongs to neither.
      const delimiter = folder.vocabulary.indexOf('|')
      expect(transcript.segments.flatMap(({tokens}) => tokens).filter(token => token !== delimiter)).toEqual(
        golden.tokens.filter(token => token !== delimiter),
      )
    })

    test('the search by beams and the cut into chunks find the same words where they were spoken', async () => {
      const words: readonly Tone[] = [
        [0, 0.6, 200],
        [0.8, 1.4, 880],
        [1.6, 2.2, 540],
        [2.9, 3.5, 2300],
      ]
      const long = [0, 4, 8].flatMap(shift => words.map(([start, end, hz]): Tone => [start + shift, end + shift, hz]))
      const samples = tones('sine', long, 12 * 16_000)
      const whole = await listen(recognizer, samples, {decoder: 'beam', wordTimestamps: true})
      const cut = await listen(recognizer, samples, {decoder: 'beam', wordTimestamps: true, chunkSeconds: 5})
      for (const {text, segments} of [whole, cut]) {
        expect(text.toLowerCase()).toBe('low clear soft thin '.repeat(3).trim())
        const heard = segments.flatMap(segment => segment.words!)
        for (const [index, [start, end]] of long.entries()) {
          expect(heard[index]!.start).toBeGreaterThan(start - 0.35)
          expect(heard[index]!.end).toBeLessThan(end + 0.35)
        }
      }
    })
  })

  test('the session is closed with the recognizer, and where the model does not fit its folder', async () => {
    const folder = await readCtcFolder(atomModel(name))
    let open = 0
    const counted = async (path: string) => {
      const session = await openOnCpu(path)
      open++
      return {
        ...session,
        close: async () => {
          open--
          await session.close()
        },
      }
    }
    const recognizer = await openCtcRecognizer(folder, counted, {provider: 'cpu'})
    expect(open).toBe(1)
    await recognizer.close()
    expect(open).toBe(0)
    const model = atomModel('whisper-atom/onnx/decoder_with_past_model.onnx')
    await expect(openCtcRecognizer({...folder, model}, counted, {provider: 'cpu'})).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    })
    expect(open).toBe(0)
  })
})
