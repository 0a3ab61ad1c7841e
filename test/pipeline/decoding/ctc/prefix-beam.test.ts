import {describe, expect, test} from 'vitest'
import {greedyDecode} from '../../../../src/pipeline/decoding/ctc/greedy.js'
import {
  type PrefixBeamOptions,
  prefixBeamDecoder,
  prefixBeamSearch,
} from '../../../../src/pipeline/decoding/ctc/prefix-beam.js'
import {ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {textOf} from '../../../../src/pipeline/decoding/ctc/words.js'
import {bruteForceSums, collapse, randomFrames, readReference, vocabularyOf} from './reference.js'

const everything = {
  beamWidth: 100_000,
  beamPruneLogProbability: Number.NEGATIVE_INFINITY,
  tokenMinLogProbability: Number.NEGATIVE_INFINITY,
}
const usual = {beamWidth: 100, beamPruneLogProbability: -10, tokenMinLogProbability: -5}

interface RankingCase {
  readonly emissions: readonly (readonly number[])[]
  readonly blank: number
  readonly ranking: readonly {readonly labels: readonly number[]; readonly logprob: number}[]
}

describe('an unlimited beam sums over all alignments', () => {
  const {cases}: {cases: RankingCase[]} = readReference('prefix-beam.json')

  test.each(cases.map((example, index) => [index, example] as const))('reference case %i', (_, example) => {
    const size = example.emissions[0]!.length
    const letters = Array.from({length: size}, (_, id) => (id === example.blank ? '-' : String.fromCharCode(97 + id)))
    const found = prefixBeamSearch(Float32Array.from(example.emissions.flat()), {
      ...everything,
      vocabulary: vocabularyOf(letters.join('')),
    })
    expect(found.slice(0, example.ranking.length).map(({tokens}) => tokens)).toEqual(
      example.ranking.map(({labels}) => labels),
    )
    for (const [rank, {logprob}] of example.ranking.entries()) {
      expect(found[rank]?.logProbability).toBeCloseTo(logprob, 4)
      expect(found[rank]?.score).toBe(found[rank]?.logProbability)
    }
  })

  test.each([
    ['-ab', 7, 1],
    ['a-b', 6, 2],
    ['-abc', 6, 3],
    ['-a|', 8, 4],
    ['-ab|', 6, 5],
    ['|ab-', 6, 6],
  ])('every text of %s in %i frames (seed %i)', (tokens, frames, seed) => {
    const vocabulary = vocabularyOf(tokens)
    const matrix = randomFrames(seed, frames, vocabulary.size)
    const expected = bruteForceSums(matrix, vocabulary.size, path =>
      textOf(collapse(path, vocabulary.blank), vocabulary),
    )
    const found = prefixBeamSearch(matrix, {...everything, vocabulary})
    expect(found.map(({text}) => text).sort()).toEqual([...expected.keys()].sort())
    for (const {text, logProbability} of found) expect(logProbability).toBeCloseTo(expected.get(text) as number, 9)
    expect(found.map(({score}) => score)).toEqual(found.map(({score}) => score).sort((a, b) => b - a))
  })

  test('texts that word pieces spell in several ways are one', () => {
    const vocabulary = ctcVocabulary({
      vocabulary: ['<blank>', '▁a', '▁ab', 'b'],
      blank: 0,
      wordDelimiter: undefined,
      special: new Set([0]),
    })
    const matrix = randomFrames(3, 5, 4)
    const expected = bruteForceSums(matrix, 4, path => textOf(collapse(path, 0), vocabulary))
    for (const {text, logProbability} of prefixBeamSearch(matrix, {...everything, vocabulary})) {
      expect(logProbability).toBeCloseTo(expected.get(text) as number, 9)
    }
  })
})

describe('with the usual limits', () => {
  const vocabulary = vocabularyOf('-abcdefg|')
  const options: PrefixBeamOptions = {...usual, vocabulary}

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('the best text is at least as likely as the best path (seed %i)', seed => {
    const matrix = randomFrames(seed, 120, vocabulary.size, 6)
    const [best] = prefixBeamSearch(matrix, options)
    const greedy = greedyDecode(matrix, {vocabularySize: vocabulary.size, blank: 0})
    expect(best?.logProbability).toBeGreaterThanOrEqual(greedy.logProbability)
  })

  test.each([1, 3, 50])('pieces of %i frames give the same tokens as the whole, none twice', piece => {
    const matrix = randomFrames(5, 200, vocabulary.size, 12)
    const decoder = prefixBeamDecoder(options)
    const tokens = []
    for (let at = 0; at < matrix.length; at += piece * vocabulary.size) {
      tokens.push(...decoder.push(matrix.subarray(at, at + piece * vocabulary.size)))
    }
    const given = tokens.length
    tokens.push(...decoder.finish().tokens)
    expect(tokens.map(span => span.token)).toEqual(prefixBeamSearch(matrix, options)[0]?.tokens)
    if (piece === 1) expect(given).toBeGreaterThan(0)
    const starts = tokens.map(span => span.start)
    expect(starts.every((start, i) => start >= 0 && start < 200 && (i === 0 || start >= starts[i - 1]!))).toBe(true)
  })

  test.each([false, true])('giving out tokens early forgets nothing (recombination: %s)', recombine => {
    const matrix = randomFrames(5, 200, vocabulary.size, 12)
    const decoder = prefixBeamDecoder({...options, recombine})
    for (let at = 0; at < matrix.length; at += vocabulary.size) decoder.push(matrix.subarray(at, at + vocabulary.size))
    expect(decoder.hypotheses()).toEqual(prefixBeamSearch(matrix, {...options, recombine}))
  })

  test('fewer prefixes and tokens never find a likelier text', () => {
    const matrix = randomFrames(11, 80, vocabulary.size, 2)
    const wide = prefixBeamSearch(matrix, {...options, beamWidth: 1000, tokenMinLogProbability: -20})[0]!
    for (const limits of [{beamWidth: 5}, {beamWidth: 1}, {maxTokensPerFrame: 2}, {beamPruneLogProbability: -1}]) {
      const found = prefixBeamSearch(matrix, {...options, ...limits})
      expect(found.length).toBeLessThanOrEqual(limits.beamWidth ?? 100)
      expect(found[0]!.logProbability).toBeLessThanOrEqual(wide.logProbability + 1e-9)
    }
  })

  test('a limit on tokens that a frame does not reach changes nothing', () => {
    const matrix = randomFrames(12, 60, vocabulary.size, 4)
    expect(prefixBeamSearch(matrix, {...options, maxTokensPerFrame: vocabulary.size})).toEqual(
      prefixBeamSearch(matrix, options),
    )
  })
})

test('equal scores keep the prefix that was found first, every time', () => {
  const vocabulary = vocabularyOf('-abc')
  const even = new Float32Array(4 * 4).fill(Math.log(0.25))
  const first = prefixBeamSearch(even, {...usual, beamWidth: 3, vocabulary})
  expect(first).toHaveLength(3)
  for (let i = 0; i < 3; i++) expect(prefixBeamSearch(even, {...usual, beamWidth: 3, vocabulary})).toEqual(first)
})

test('special tokens are never chosen, however likely', () => {
  const vocabulary = ctcVocabulary({
    vocabulary: ['-', '<s>', 'a'],
    blank: 0,
    wordDelimiter: undefined,
    special: new Set([0, 1]),
  })
  const matrix = Float32Array.from([0.01, 0.98, 0.01, 0.001, 0.9985, 0.0005].map(Math.log))
  expect(prefixBeamSearch(matrix, {...usual, vocabulary}).map(({text}) => text)).toEqual(['', 'a'])
})

test('no frames give one empty text of probability 1', () => {
  const found = prefixBeamSearch(new Float32Array(0), {...usual, vocabulary: vocabularyOf('-a')})
  expect(found).toEqual([{text: '', tokens: [], logProbability: 0, score: 0}])
})
