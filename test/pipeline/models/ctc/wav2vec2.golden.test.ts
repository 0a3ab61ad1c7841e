import {existsSync, readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {loadAudio} from '../../../../src/pipeline/audio/read-audio.js'
import {forcedAlign} from '../../../../src/pipeline/decoding/ctc/align.js'
import {greedyDecode} from '../../../../src/pipeline/decoding/ctc/greedy.js'
import {logSoftmax} from '../../../../src/pipeline/decoding/ctc/log-softmax.js'
import {ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {textOf} from '../../../../src/pipeline/decoding/ctc/words.js'
import {openCtcNetwork} from '../../../../src/pipeline/models/ctc/network.js'
import type {CtcFolder} from '../../../../src/pipeline/models/model-folder.js'
import {readModelFolder} from '../../../../src/pipeline/models/read-model-folder.js'
import {openSession} from '../../../../src/pipeline/runtime/open-session.js'
import {memoryStore, recognize} from './stub-model.js'

interface AlignReference {
  readonly targets: readonly number[]
  readonly path: readonly (readonly [token: number, frames: number])[]
  readonly score: number
}

interface Reference {
  readonly id: string
  readonly audio: unknown
  readonly exact: boolean
  readonly stable: boolean
  readonly text: string
  readonly frames: number
  readonly logprob_sum: number
  readonly logits_frames: Readonly<Record<string, readonly number[]>>
  readonly forced_align: Readonly<Record<string, AlignReference>>
  readonly word_offsets: readonly {word: string; start_offset: number; end_offset: number}[]
}

const root = '../shared/data'
const model = `${root}/models/wav2vec2-nano`
const references: Reference[] = readFileSync('test/data/ctc-reference/wav2vec2-nano.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const files = references.filter(({audio, exact, stable}) => typeof audio === 'string' && exact && stable)

describe.skipIf(!existsSync(model))('wav2vec2-nano says what transformers says (needs ../shared/data)', async () => {
  const folder = existsSync(model) ? ((await readModelFolder(model)) as CtcFolder) : undefined
  const session = folder && (await openSession(folder.model, {provider: 'cpu', threads: 1}))

  async function featuresOf({audio}: Reference): Promise<Float32Array> {
    const {channels} = await loadAudio({type: 'file', path: `${root}/${audio}`}, {channel: 'mix'})
    return normalized(channels[0]!)
  }

  async function hear(reference: Reference, options = {}) {
    const features = memoryStore(await featuresOf(reference))
    const recording = {durationSeconds: features.frames / 16_000, features}
    return recognize(folder!, session!, recording, {chunkSeconds: 60, wordTimestamps: true, ...options})
  }

  test.each(files.map(reference => [reference.id, reference] as const))(
    '%s, with every word’s times',
    async (_, reference) => {
      const {transcript} = await hear(reference)
      expect(transcript.text).toBe(reference.text.replace(/ +/g, ' '))
      const words = transcript.segments.flatMap(({words}) => words ?? [])
      expect(words.map(({word}) => word.trim())).toEqual(reference.word_offsets.map(({word}) => word))
      for (const [i, {start_offset, end_offset}] of reference.word_offsets.entries()) {
        expect(words[i]!.start).toBeCloseTo(start_offset * 0.02, 9)
        expect(words[i]!.end).toBeCloseTo(end_offset * 0.02, 9)
      }
    },
  )

  test.each(files.map(reference => [reference.id, reference] as const))(
    '%s by beam: words in order, inside the recording',
    async (_, reference) => {
      const {transcript} = await hear(reference, {decoder: 'beam'})
      const words = transcript.segments.flatMap(({words}) => words ?? [])
      expect(
        words
          .map(({word}) => word)
          .join('')
          .trim(),
      ).toBe(transcript.text)
      for (const [i, {start, end}] of words.entries()) {
        expect(start).toBeLessThan(end)
        expect(start).toBeGreaterThanOrEqual(words[i - 1]?.end ?? 0)
        expect(end).toBeLessThanOrEqual(transcript.durationSeconds)
      }
      const tokens = transcript.segments.map(segment => textOf(segment.tokens, ctcVocabulary(folder!)))
      expect(tokens.join(' ')).toBe(transcript.text)
    },
  )

  test.each(files.map(reference => [reference.id, reference] as const))(
    '%s: log-probabilities and forced alignments are the reference’s',
    async (_, reference) => {
      const features = await featuresOf(reference)
      const network = await openCtcNetwork(folder!, async () => session!)
      const logProbabilities = await network.logProbabilities(features, features.length)
      expect(logProbabilities.length).toBe(reference.frames * 32)
      for (const [frame, logits] of Object.entries(reference.logits_frames)) {
        for (const [token, expected] of logSoftmax(Float32Array.from(logits), 32).entries()) {
          expect(Math.abs(logProbabilities[Number(frame) * 32 + token]! - expected)).toBeLessThan(1e-3)
        }
      }
      const options = {vocabularySize: 32, blank: 0}
      const greedy = greedyDecode(logProbabilities, options)
      expect(Math.abs(greedy.logProbability - reference.logprob_sum)).toBeLessThan(1e-3)
      for (const {targets, path, score} of Object.values(reference.forced_align)) {
        const found = forcedAlign({logProbabilities, ...options, targets})
        expect(Math.abs(found.logProbability - score)).toBeLessThan(5e-3)
        expect([...found.path]).toEqual(path.flatMap(([token, frames]) => new Array(frames).fill(token)))
      }
    },
  )
})

/** What Wav2Vec2FeatureExtractor does with `do_normalize`. */
function normalized(samples: Float32Array): Float32Array {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length
  return samples.map(sample => (sample - mean) / Math.sqrt(variance + 1e-7))
}
