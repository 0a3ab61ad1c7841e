import {existsSync, readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Recognizer} from '../../../../src/pipeline/models/recognizer.js'
import {WhisperOptions} from '../../../../src/pipeline/models/whisper/options.js'
import type {Transcript} from '../../../../src/pipeline/transcripts/transcript.js'
import {referenceAudio} from '../../../support/reference-audio.js'
import {hasSharedData, needsSharedData} from '../../../support/shared-data.js'
import {openWhisperNano, prepare, transcribeSamples} from '../../../support/whisper-nano.js'

interface Reference {
  readonly id: string
  /** Whether the reference itself survives noise of 1e-5: `none` means that it is decided by rounding. */
  readonly stable: 'all' | 'tokens' | 'none'
  readonly language: string
  readonly text: string
  readonly segments: readonly {
    readonly seek: number
    readonly start: number
    readonly end: number
    readonly text: string
    readonly tokens: readonly number[]
    readonly avg_logprob: number
    readonly compression_ratio: number
    readonly no_speech_prob: number
    readonly words?: readonly {
      readonly word: string
      readonly start: number
      readonly end: number
      readonly probability: number
    }[]
  }[]
}

const folder = new URL('../../../data/whisper-reference/', import.meta.url)

/** Minutes of work a file: LINGULU_TEST_ALL=1 decodes all of them. Of beams, and of whole recordings with words, few are decoded. */
const SOME: readonly (readonly [RegExp, number])[] = [
  [/^beam5-words-hst/, 1],
  [/^greedy-words-hst/, 3],
]
const chosen = (file: string) => {
  const some = process.env.LINGULU_TEST_ALL ? undefined : SOME.find(([pattern]) => pattern.test(file))?.[1]
  return read(file).slice(0, some)
}

const read = (file: string): Reference[] =>
  readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

/** openai/whisper's options (manifest.json) in our names. */
const NAMES: Readonly<Record<string, (value: never) => Partial<WhisperOptions>>> = {
  temperature: (value: number) => ({temperatures: [value]}),
  language: (language: string | null) => ({language}),
  task: (task: 'transcribe' | 'translate') => ({task}),
  beam_size: (beamSize: number) => ({beamSize}),
  patience: (patience: number) => ({patience}),
  length_penalty: (lengthPenalty: number) => ({lengthPenalty}),
  word_timestamps: (wordTimestamps: boolean) => ({wordTimestamps}),
  hallucination_silence_threshold: (seconds: number) => ({hallucinationSilenceThresholdSeconds: seconds}),
  condition_on_previous_text: (conditionOnPreviousText: boolean) => ({conditionOnPreviousText}),
  initial_prompt: (initialPrompt: string) => ({initialPrompt}),
  carry_initial_prompt: (carryInitialPrompt: boolean) => ({carryInitialPrompt}),
  clip_timestamps: (text: string | number[]) => ({
    clipTimestampsSeconds: typeof text === 'string' ? text.split(',').map(Number) : text,
  }),
  without_timestamps: (withoutTimestamps: boolean) => ({withoutTimestamps}),
  max_initial_timestamp: (seconds: number | null) => ({maxInitialTimestampSeconds: seconds}),
  suppress_tokens: (text: string | number[] | null) => ({
    suppressTokens: !text ? [] : typeof text === 'string' ? text.split(',').map(Number) : text,
  }),
  suppress_blank: (suppressBlank: boolean) => ({suppressBlank}),
  prefix: (prefix: string) => ({prefix}),
  sample_len: (sampleLength: number) => ({sampleLength}),
  logprob_threshold: (logprobThreshold: number | null) => ({logprobThreshold}),
  no_speech_threshold: (noSpeechThreshold: number | null) => ({noSpeechThreshold}),
  compression_ratio_threshold: (compressionRatioThreshold: number | null) => ({compressionRatioThreshold}),
}

function ownOptions(options: Readonly<Record<string, unknown>>): Partial<WhisperOptions> {
  return Object.assign(
    {language: null},
    ...Object.entries(options).map(([name, value]) => {
      const convert = NAMES[name]
      if (convert === undefined) throw new Error(`No option for ${name}`)
      return convert(value as never)
    }),
  )
}

interface Manifest {
  readonly file: string
  readonly lines: number
  readonly options: Readonly<Record<string, unknown>>
}
const manifest: readonly Manifest[] = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'))

describe.skipIf(!hasSharedData)(`the reference's transcripts${needsSharedData}`, () => {
  let alone: Recognizer<WhisperOptions>
  let batched: Recognizer<WhisperOptions>
  beforeAll(async () => {
    alone = await openWhisperNano(1)
    batched = await openWhisperNano(8)
  })
  afterAll(async () => {
    await alone.close()
    await batched.close()
  })

  test.each(manifest.map(entry => [entry.file, entry] as const))('%s', {timeout: 300_000}, async (file, {options}) => {
    expect(existsSync(new URL(file, folder))).toBe(true)
    const references = chosen(file)
    const stable = references.filter(reference => reference.stable !== 'none')
    expect(stable.length).toBeGreaterThan(references.length / 2)
    // Eight at a time: that a batch gives what each gives alone is tested below.
    const queue = stable.values()
    await Promise.all(
      Array.from({length: 8}, async () => {
        for (const reference of queue) {
          const samples = await referenceAudio(reference.id)
          expectEqual(await transcribeSamples(batched, samples, ownOptions(options)), reference)
        }
      }),
    )
  })

  test('every row of a batch gets exactly what it would get alone', {timeout: 120_000}, async () => {
    const ids = read('greedy.jsonl')
      .map(({id}) => id)
      .filter((_, index) => index % 8 === 0)
    const options = {language: 'en', wordTimestamps: true, beamSize: 3} as const
    const together = await Promise.all(
      ids.map(async id => transcribeSamples(batched, await referenceAudio(id), options)),
    )
    for (const [index, id] of ids.entries())
      expect(together[index], id).toEqual(await transcribeSamples(alone, await referenceAudio(id), options))
  })

  test('a sampled text depends on the seed and on nothing else', async () => {
    const samples = await referenceAudio('1688-142285-0007')
    // Hot enough that even an over-fitted model hesitates.
    const options = {language: 'en', temperatures: [3], bestOf: 3}
    const first = await transcribeSamples(alone, samples, {...options, seed: 1})
    const [again, other] = await Promise.all([
      transcribeSamples(batched, samples, {...options, seed: 1}),
      transcribeSamples(batched, samples, {...options, seed: 2}),
    ])
    expect(again).toEqual(first)
    expect(other.segments.flatMap(({tokens}) => tokens)).not.toEqual(first.segments.flatMap(({tokens}) => tokens))
  })

  test('aborting ends the recording', async () => {
    const controller = new AbortController()
    const samples = await referenceAudio('long-1')
    const {signal} = controller
    const events = alone.recognize(prepare(samples), WhisperOptions.parse({language: 'en'}), {signal})
    await expect(async () => {
      for await (const {type} of events) if (type === 'segment') controller.abort(new Error('enough'))
    }).rejects.toThrow('enough')
  })
})

function expectEqual(transcript: Transcript, reference: Reference): void {
  const {id} = reference
  const message = (what: string) => `${id}: ${what}`
  expect(transcript.text, message('text')).toBe(reference.text)
  expect(transcript.language, message('language')).toBe(reference.language)
  expect(
    transcript.segments.map(({tokens}) => tokens),
    message('tokens'),
  ).toEqual(reference.segments.map(({tokens}) => tokens))
  for (const [index, expected] of reference.segments.entries()) {
    const segment = transcript.segments[index]
    if (segment === undefined) throw new Error(message('segments'))
    expect(segment.seek, message('seek')).toBe(expected.seek)
    expect(segment.averageLogProbability, message('log-probability')).toBeCloseTo(expected.avg_logprob, 3)
    expect(segment.compressionRatio, message('compression')).toBeCloseTo(expected.compression_ratio, 5)
    expect(segment.noSpeechProbability, message('no speech')).toBeCloseTo(expected.no_speech_prob, 3)
    if (reference.stable !== 'all') continue
    expect(segment.start, message('start')).toBeCloseTo(expected.start, 6)
    expect(segment.end, message('end')).toBeCloseTo(expected.end, 6)
    if (segment.words === undefined) continue
    const rounded = ({word, start, end}: {word: string; start: number; end: number}) =>
      [word, start.toFixed(5), end.toFixed(5)].join(' ')
    expect(segment.words.map(rounded), message('words')).toEqual((expected.words ?? []).map(rounded))
    for (const [at, {probability}] of segment.words.entries())
      expect(probability, message('word probability')).toBeCloseTo(expected.words?.[at]?.probability ?? -1, 2)
  }
}
