import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {logSumExp} from '../../../../src/pipeline/decoding/log-sum-exp.js'
import {logitFilters} from '../../../../src/pipeline/decoding/logit-rules.js'
import {whisperLogMel} from '../../../../src/pipeline/features/log-mel.js'
import {readModelFolder} from '../../../../src/pipeline/models/read-model-folder.js'
import {decodeWindow, logitRules} from '../../../../src/pipeline/models/whisper/decode-window.js'
import {toMelMajor} from '../../../../src/pipeline/models/whisper/mel-major.js'
import type {Network} from '../../../../src/pipeline/models/whisper/network.js'
import {openNetwork} from '../../../../src/pipeline/models/whisper/open-window-decoder.js'
import {WhisperOptions} from '../../../../src/pipeline/models/whisper/options.js'
import {StepDecoder} from '../../../../src/pipeline/models/whisper/step-decoder.js'
import type {WindowDecoder} from '../../../../src/pipeline/models/whisper/window-decoder.js'
import {openSession} from '../../../../src/pipeline/runtime/open-session.js'
import {parseTokenizerJson} from '../../../../src/pipeline/text/byte-level-bpe.js'
import {createWhisperTokenizer, type WhisperTokenizer} from '../../../../src/pipeline/text/whisper-tokenizer.js'
import {referenceAudio} from '../../../support/reference-audio.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../support/shared-data.js'

const golden = (file: string) =>
  readFileSync(new URL(`../../../data/whisper-reference/${file}`, import.meta.url), 'utf8')

interface DecodedReference {
  readonly config: string
  readonly options: {
    readonly beam_size?: number
    readonly patience?: number
    readonly length_penalty?: number
    readonly without_timestamps?: boolean
    readonly sample_len?: number
    readonly prompt?: string
    readonly prefix?: string
  }
  readonly id: string
  readonly tokens: readonly number[]
  readonly sum_logprob: number
  readonly no_speech_prob: number
}

interface SamplingCase {
  readonly id: string
  readonly options: {
    readonly without_timestamps?: boolean
    readonly suppress_tokens?: string
    readonly suppress_blank?: boolean
    readonly max_initial_timestamp?: null
  }
  readonly tokens: readonly number[]
  readonly allowed: number
  readonly distributions: readonly {readonly temperature: number; readonly top50: readonly [number, number][]}[]
}

interface Generated {
  readonly tokens: readonly number[]
  readonly stable: boolean
}
type GeneratedRow = {readonly id: string} & Readonly<Record<string, Generated>>

const MELS = 80
const WINDOW_SAMPLES = 480_000

describe.skipIf(!hasSharedData)(`one window of whisper-nano${needsSharedData}`, () => {
  let network: Network
  let decoder: WindowDecoder
  let tokenizer: WhisperTokenizer
  const timings = {encoderSeconds: 0, decoderSeconds: 0, alignmentSeconds: 0}

  beforeAll(async () => {
    const folder = await readModelFolder(sharedData('models/whisper-nano'))
    if (folder.kind !== 'whisper') throw new Error('whisper-nano is a Whisper model')
    network = await openNetwork(folder, path => openSession(path, {provider: 'cpu', threads: 1}))
    decoder = new StepDecoder(network, 8)
    const vocabulary = parseTokenizerJson(readFileSync(folder.tokenizer, 'utf8'), folder.tokenizer)
    tokenizer = createWhisperTokenizer(vocabulary, {multilingual: true, name: folder.tokenizer})
  })
  afterAll(() => decoder.close())

  /** The first 30 s, padded with zeros, with their own maximum: as `decode()` and transformers hear them. */
  async function encode(id: string) {
    const samples = new Float32Array(WINDOW_SAMPLES)
    samples.set((await referenceAudio(id)).subarray(0, WINDOW_SAMPLES))
    return decoder.encode(toMelMajor(whisperLogMel(samples, MELS, {paddingSamples: 0}), MELS), {timings})
  }

  async function decode(id: string, options: Partial<WhisperOptions>, prompt?: string) {
    const parsed = WhisperOptions.parse({temperatures: [0], beamSize: null, ...options})
    const writer = {
      decoder,
      tokenizer,
      options: parsed,
      rules: logitRules(tokenizer, parsed),
      sotSequence: tokenizer.sotSequence({language: 'en', task: 'transcribe', timestamps: !parsed.withoutTimestamps}),
      textContext: 448,
    }
    const history = prompt === undefined ? [] : tokenizer.encode(` ${prompt}`)
    return decodeWindow(writer, await encode(id), history, 0, {timings})
  }

  const decoded: DecodedReference[] = golden('decode-batch.jsonl')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

  test.each([...new Set(decoded.map(({config}) => config))])("openai/whisper's decode(): %s", async config => {
    const references = decoded.filter(reference => reference.config === config)
    expect(references).toHaveLength(10)
    await Promise.all(
      references.map(async ({id, options, tokens, sum_logprob, no_speech_prob}) => {
        const result = await decode(
          id,
          {
            beamSize: options.beam_size ?? null,
            patience: options.patience ?? null,
            lengthPenalty: options.length_penalty ?? null,
            withoutTimestamps: options.without_timestamps ?? false,
            sampleLength: options.sample_len ?? null,
            prefix: options.prefix ?? null,
          },
          options.prompt,
        )
        expect(result.tokens, id).toEqual(tokens)
        expect(Math.abs(result.averageLogProbability * (tokens.length + 1) - sum_logprob), id).toBeLessThan(1e-3)
        expect(result.noSpeechProbability, id).toBeCloseTo(no_speech_prob, 4)
      }),
    )
  })

  const {cases}: {cases: readonly SamplingCase[]} = JSON.parse(golden('sampling.json'))

  test.each(cases)(
    'the distribution that is sampled from: $id after $tokens',
    async ({id, options, tokens, allowed, distributions}) => {
      const states = await encode(id)
      const {logits} = await network.prefill([states], [tokens])
      const row = logits(0, tokens.length - 1)
      const parsed = WhisperOptions.parse({
        withoutTimestamps: options.without_timestamps ?? false,
        suppressTokens: options.suppress_tokens === '' ? [] : [-1],
        suppressBlank: options.suppress_blank ?? true,
        maxInitialTimestampSeconds: options.max_initial_timestamp === null ? null : 1,
      })
      const sampleBegin = options.without_timestamps ? 4 : 3
      for (const filter of logitFilters(logitRules(tokenizer, parsed))) filter(row, tokens, sampleBegin)
      expect(row.filter(logit => logit > Number.NEGATIVE_INFINITY)).toHaveLength(allowed)
      for (const {temperature, top50} of distributions) {
        const scaled = row.map(logit => logit / temperature)
        const normaliser = logSumExp(scaled)
        for (const [token, probability] of top50)
          expect(Math.exp((scaled[token] as number) - normaliser)).toBeCloseTo(probability, 3)
      }
    },
  )

  const {rows}: {rows: readonly GeneratedRow[]} = JSON.parse(golden('hf-generate.json'))
  const forced = 4

  test.each([
    ['greedy', {}],
    ['repetition-penalty-1.3', {repetitionPenalty: 1.3}],
    ['no-repeat-ngram-3', {noRepeatNgramSize: 3}],
    ['both', {repetitionPenalty: 1.3, noRepeatNgramSize: 3}],
  ] as const)("transformers' generate(): %s", async (name, options) => {
    const stable = rows.filter(row => row[name]?.stable)
    expect(stable.length).toBeGreaterThan(10)
    await Promise.all(
      stable.map(async row => {
        const expected = row[name]?.tokens.slice(forced).filter(token => token !== tokenizer.eot)
        const {tokens} = await decode(row.id, {withoutTimestamps: true, sampleLength: 200, ...options})
        expect(tokens, row.id).toEqual(expected)
      }),
    )
  })
})
