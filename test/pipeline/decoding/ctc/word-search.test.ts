import {describe, expect, test} from 'vitest'
import {wordSearch} from '../../../../src/pipeline/decoding/ctc/word-search.js'
import {allPaths, collapse, randomFrames} from './reference.js'
import {lookAhead, ngrams, PHONES, pronunciationsOf, spoken, trie} from './sayings.js'

const options = {
  trie,
  ngrams,
  lookAhead,
  alpha: 0.7,
  beta: 0.4,
  beamWidth: 1000,
  beamPruneLogProbability: -1000,
  phoneMinLogProbability: -1000,
}
const search = (frames: Float32Array, changes: Partial<typeof options> = {}) =>
  wordSearch(frames, {width: PHONES.size, blank: PHONES.blank}, {...options, ...changes}).map(words =>
    words.map(word => ngrams.words.text(word)).join(' '),
  )

/** Every text of up to so many words with its phones, one for each way of saying it. */
function* texts(words: number): Generator<{words: string[]; phones: string}> {
  yield {words: [], phones: ''}
  if (words === 0) return
  for (const {words: before, phones} of texts(words - 1)) {
    if (before.length < words - 1) continue
    for (const word of spoken)
      for (const saying of pronunciationsOf(ngrams.wordOf(word)))
        yield {words: [...before, word], phones: [phones, ...saying].join(' ').trim()}
  }
  if (words > 1) yield* texts(words - 1)
}

function languageScore(words: readonly string[]): number {
  let context = ngrams.start
  let log10 = 0
  for (const word of words) {
    const scored = ngrams.score(context, ngrams.wordOf(word))
    log10 += scored.log10
    context = scored.context
  }
  return (
    options.alpha * Math.LN10 * (log10 + ngrams.score(context, ngrams.sentenceEnd).log10) + options.beta * words.length
  )
}

/** The best text by trying all, with the likeliest alignment of each. */
function bestOf(frames: Float32Array): string {
  const likeliest = new Map<string, number>()
  for (const {path, logProbability} of allPaths(frames, PHONES.size)) {
    const phones = collapse(path, 0).join(' ')
    likeliest.set(phones, Math.max(likeliest.get(phones) ?? Number.NEGATIVE_INFINITY, logProbability))
  }
  let best = {text: '', score: Number.NEGATIVE_INFINITY}
  for (const {words, phones} of texts(4)) {
    const score = (likeliest.get(phones) ?? Number.NEGATIVE_INFINITY) + languageScore(words)
    if (score > best.score) best = {text: words.join(' '), score}
  }
  return best.text
}

describe('the search for words by their phones', () => {
  test('finds the text that is best of all, whatever is heard', () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const frames = randomFrames(seed, 6, PHONES.size, 6)
      const expected = bestOf(frames)
      expect(search(frames)[0], `seed ${seed}`).toBe(expected)
      found.add(expected)
    }
    expect(found.size).toBeGreaterThan(10)
  })

  test('gives the others too, each once', () => {
    const found = search(randomFrames(7, 6, PHONES.size, 6))
    expect(found.length).toBeGreaterThan(5)
    expect(new Set(found).size).toBe(found.length)
  })

  test('finds the same with the usual limits', () => {
    for (let seed = 0; seed < 20; seed++) {
      const frames = randomFrames(seed, 6, PHONES.size, 6)
      const limits = {beamWidth: 100, beamPruneLogProbability: -10, phoneMinLogProbability: -9}
      expect(search(frames, limits)[0]).toBe(search(frames)[0])
    }
  })

  test('looks at no phone that is too unlikely', () => {
    const frames = randomFrames(1, 6, PHONES.size, 6)
    expect(search(frames, {phoneMinLogProbability: 0})).toEqual([''])
    expect(search(new Float32Array(0))).toEqual([''])
  })
})
