import {describe, expect, test} from 'vitest'
import {greedyDecode, greedyDecoder} from '../../../../src/pipeline/decoding/ctc/greedy.js'
import {ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {textOf, wordsOf} from '../../../../src/pipeline/decoding/ctc/words.js'
import {allPaths, randomFrames, readReference} from './reference.js'

interface DecodeCase {
  readonly ids: readonly number[]
  readonly text: string
  readonly word_offsets: readonly {word: string; start_offset: number; end_offset: number}[]
  readonly char_offsets: readonly {char: string; start_offset: number; end_offset: number}[]
}

const reference: {vocabulary: string[]; cases: DecodeCase[]} = readReference('ctc-decode.json')
const SPECIAL = [1, 2, 3]
const vocabulary = ctcVocabulary({
  vocabulary: reference.vocabulary,
  blank: 0,
  wordDelimiter: '|',
  special: new Set([0, ...SPECIAL]),
})

/** Frames whose likeliest tokens are these. */
function framesOf(ids: readonly number[]): Float32Array {
  const frames = new Float32Array(ids.length * vocabulary.size).fill(-9)
  for (const [t, id] of ids.entries()) frames[t * vocabulary.size + id] = -0.5
  return frames
}

describe('greedy decoding gives what Hugging Face’s Wav2Vec2CTCTokenizer gives', () => {
  const options = {vocabularySize: vocabulary.size, blank: 0}
  const plain = reference.cases.filter(({ids}) => !ids.some(id => SPECIAL.includes(id)))

  test.each(plain.map(example => [example.ids.join(' '), example] as const))('[%s]', (_, {ids, text, ...offsets}) => {
    const {tokens} = greedyDecode(framesOf(ids), options)
    // Hugging Face leaves two spaces where a blank parts two delimiters.
    expect(
      textOf(
        tokens.map(span => span.token),
        vocabulary,
      ),
    ).toBe(text.replace(/ +/g, ' '))
    expect(tokens.map(({start, end}) => [start, end])).toEqual(
      offsets.char_offsets.map(({start_offset, end_offset}) => [start_offset, end_offset]),
    )
    expect(wordsOf(tokens, vocabulary).map(({text: word, start, end}) => [word, start, end])).toEqual(
      offsets.word_offsets.map(({word, start_offset, end_offset}) => [word, start_offset, end_offset]),
    )
  })

  test('special tokens part repeats but are not printed', () => {
    const {tokens} = greedyDecode(framesOf([11, 3, 11, 1, 5]), options)
    expect(
      textOf(
        tokens.map(span => span.token),
        vocabulary,
      ),
    ).toBe('HHE')
  })
})

test.each([1, 2, 3])('the path is the best of all paths (seed %i)', seed => {
  const frames = randomFrames(seed, 6, 3)
  const best = Math.max(...[...allPaths(frames, 3)].map(path => path.logProbability))
  expect(greedyDecode(frames, {vocabularySize: 3, blank: 0}).logProbability).toBeCloseTo(best, 10)
})

test.each([1, 2, 5, 7])('pieces of %i frames give the same tokens as the whole', piece => {
  const frames = randomFrames(9, 40, 4, 2)
  const options = {vocabularySize: 4, blank: 0}
  const decoder = greedyDecoder(options)
  const tokens = []
  for (let t = 0; t < 40; t += piece) tokens.push(...decoder.push(frames.subarray(t * 4, (t + piece) * 4)))
  const last = decoder.finish()
  expect({tokens: [...tokens, ...last.tokens], logProbability: last.logProbability}).toEqual(
    greedyDecode(frames, options),
  )
})

test('a token’s log-probability is the mean over its frames, and of equal tokens the first wins', () => {
  const frames = Float32Array.of(-3, -1, -1, -3, -2, -3)
  expect(greedyDecode(frames, {vocabularySize: 3, blank: 0})).toEqual({
    tokens: [{token: 1, start: 0, end: 2, logProbability: -1.5}],
    logProbability: -3,
  })
})
