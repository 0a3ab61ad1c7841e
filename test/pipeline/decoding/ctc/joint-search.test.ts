import {describe, expect, test} from 'vitest'
import {jointDecoder} from '../../../../src/pipeline/decoding/ctc/joint-decoder.js'
import {jointSearch, writesCharacters} from '../../../../src/pipeline/decoding/ctc/joint-search.js'
import {Lexicon} from '../../../../src/pipeline/decoding/ctc/lexicon.js'
import {ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {wordFusion} from '../../../../src/pipeline/decoding/ctc/word-fusion.js'
import {WordTable} from '../../../../src/pipeline/decoding/ctc/word-table.js'
import {randomFrames, vocabularyOf} from './reference.js'
import {lookAhead, ngrams, PHONES, pronunciationsOf, trie} from './sayings.js'

const vocabulary = vocabularyOf('-|acemnost')
const languageModel = {ngrams, lexicon: new Lexicon(ngrams.words), alpha: 0.5, beta: 1, unknownOffset: -2}

/** Log-probabilities of frames that favour what `said` has, one frame each; of `c/m` both are as likely. */
function frames(said: string, size: number, idOf: (sound: string) => number): Float32Array {
  const rows = said.split(' ').map(choices => {
    const ids = choices.split('/').map(idOf)
    const rest = 0.04 / (size - ids.length)
    return Array.from({length: size}, (_, id) => Math.log(ids.includes(id) ? 0.96 / ids.length : rest))
  })
  return Float32Array.from(rows.flat())
}
const letters = (said: string) => frames(said, vocabulary.size, letter => '-|acemnost'.indexOf(letter))
const phones = (said: string) => frames(said, PHONES.size, Number)

function optionsOf({phoneWeight = 0.5, hotWords = [] as string[]} = {}) {
  const table = new WordTable()
  for (const word of hotWords) table.addText(word)
  const hot = hotWords.length === 0 ? undefined : {lexicon: new Lexicon(table), weight: 10}
  return {
    vocabulary,
    beamWidth: 50,
    beamPruneLogProbability: -10,
    tokenMinLogProbability: -5,
    fusion: wordFusion({vocabulary, languageModel, hotWords: hot}),
    languageModel,
    phones: PHONES,
    pronunciationsOf,
    trie,
    lookAhead,
    phoneWeight,
  }
}
const decoderOf = (changes = {}) => jointSearch(optionsOf(changes))
const textOf = (tokens: readonly number[]) => tokens.map(token => '- acemnost'[token]).join('')
const hear = (characters: string, said: string, changes = {}) => hearAll([[characters, said]], changes)
const hearAll = (hearings: readonly (readonly [characters: string, said: string])[], changes = {}) =>
  textOf(
    decoderOf(changes).search(
      ...hearings.map(([characters, said]) => ({characters: letters(characters), phones: phones(said)})),
    ),
  )

describe('characters and phones together', () => {
  test.each([
    ['agree', 'c a t - - -', '3 2 1 0 0 0', {}, 'cat'],
    ['phones decide where letters do not', 'm a t - - -', '3 2 1 0 0 0', {phoneWeight: 0.9}, 'cat'],
    ['letters decide between words that sound alike', 's a t - - -', '3 2 1 0 0 0', {}, 'sat'],
    ['phones find what letters would not propose', '- - - - - -', '1 2 1 0 0 0', {phoneWeight: 0.95}, 'mat'],
    ['phones count for nothing where they have no weight', 'm a t - - -', '3 2 1 0 0 0', {phoneWeight: 0}, 'mat'],
    ['a word without a pronunciation is judged by its letters', 'm e e n - -', '0 0 0 0 0 0', {}, 'men'],
    ['hot words count', 'c/t a t/c - - -', '0 0 0 0 0 0', {hotWords: ['tac']}, 'tac'],
    ['spaces in a row are one', 'a - | - | c a t', '1 0 0 0 0 3 2 1', {}, 'a cat'],
    ['words are parted', 't - e | a - c a t', '0 0 0 0 0 0 0 0 0', {phoneWeight: 0}, 'te acat'],
  ])('%s', (_, characters, said, changes, expected) => {
    expect(hear(characters, said, changes)).toBe(expected)
  })

  test.each<[string, [string, string][], string]>([
    [
      'what one leaves open the other decides',
      [
        ['c/m a t - -', '0 0 0 0 0'],
        ['m a t - - - -', '0 0 0 0 0 0 0'],
      ],
      'mat',
    ],
    [
      'one that is surer decides',
      [
        ['c a t - - -', '3 2 1 0 0 0'],
        ['s/c a t - - -', '1/3 2 1 0 0 0'],
      ],
      'cat',
    ],
    [
      'a text that only the second would propose',
      [
        ['m o/s/t n - -', '0 0 0 0 0'],
        ['m e n - -', '0 0 0 0 0'],
      ],
      'men',
    ],
    [
      'one that is too short for a text says nothing of it',
      [
        ['c a t - -', '3 2 1 0 0'],
        ['a -', '1 0'],
      ],
      'cat',
    ],
    [
      'a text for which the first is too short is none',
      [
        ['a -', '1 0'],
        ['c a t - -', '3 2 1 0 0'],
      ],
      'a',
    ],
  ])('of two hearings, %s', (_, hearings, expected) => {
    expect(hearAll(hearings)).toBe(expected)
  })

  test('every word of a language model in one spelling: tokens of several characters are refused', () => {
    const pieces = ctcVocabulary({
      vocabulary: ['-', '|', 'th', 'e'],
      blank: 0,
      wordDelimiter: '|',
      special: new Set([0]),
    })
    const wordless = ctcVocabulary({vocabulary: ['-', 'a'], blank: 0, wordDelimiter: undefined, special: new Set([0])})
    expect([vocabulary, pieces, wordless].map(writesCharacters)).toEqual([true, false, false])
    expect(() => jointSearch({...optionsOf(), vocabulary: pieces})).toThrow(RangeError)
  })

  test('random frames give the same text each time, and one that the letters can write', () => {
    const decoder = decoderOf()
    for (let seed = 0; seed < 4; seed++) {
      const heard = {
        characters: randomFrames(seed, 20, vocabulary.size),
        phones: randomFrames(seed + 99, 20, PHONES.size),
      }
      const found = decoder.search(heard)
      expect(decoderOf().search(heard)).toEqual(found)
      expect(decoder.search(heard, heard)).toEqual(found)
    }
  })
})

describe('a stream', () => {
  const decode = (pieces: readonly string[], limits = {pauseFrames: 6, longestFrames: 100}) => {
    const search = decoderOf({phoneWeight: 0})
    const decoder = jointDecoder({search, vocabulary, phones: PHONES, furtherTempos: [], ...limits})
    const spans = pieces.map(said => decoder.push(heads(said), []))
    return [...spans, decoder.finish()]
  }
  const heads = (said: string) => ({characters: letters(said), phones: phones(said.replaceAll(/[^ ]+/g, '0'))})

  test('is decoded stretch by stretch, with the frames of every letter', () => {
    const said = 'c a t - - - - - - - - s a t'
    const [first = [], rest = []] = decode([said])
    expect(textOf(first.map(({token}) => token))).toBe(' cat')
    expect(first.slice(1).map(({start, end}) => [start, end])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
    expect(textOf(rest.map(({token}) => token))).toBe(' sat')
    expect(rest.slice(1).map(({start}) => start)).toEqual([11, 12, 13])
  })

  test('however it is cut into pieces', () => {
    const said = 'c a t - - - - - - - - s a t - - - - - - - m a t'
    const whole = decode([said]).flat()
    expect(decode(said.split(' ')).flat()).toEqual(whole)
    expect(textOf(whole.map(({token}) => token))).toBe(' cat sat mat')
  })

  test('is heard at a further tempo too, stretch by stretch', () => {
    const slow = (said: string) => said.replaceAll(/[^ ]+/g, sound => `${sound} ${sound}`)
    const openMat = '- - - - c/m a t - - - - - - - - c/m a t - - -'
    const decoder = jointDecoder({
      search: decoderOf({phoneWeight: 0}),
      vocabulary,
      phones: PHONES,
      furtherTempos: [0.5],
      pauseFrames: 6,
      longestFrames: 100,
    })
    const [first, ...rest] = slow('- - - - c a t - - - - - - - - m a t - - -').split(' - - - - m ')
    const tokens = [
      ...decoder.push(heads(openMat), [[heads(first as string), heads(`- - - - m ${rest.join('')}`)]]),
      ...decoder.finish(),
    ]
    expect(textOf(tokens.map(({token}) => token))).toBe(' cat mat')
    expect(tokens.filter(({token}) => token > 1).map(({start}) => start)).toEqual([4, 5, 6, 15, 16, 17])
  })

  test('of silence says nothing', () => {
    expect(decode(['- - - - - - - - -']).flat()).toEqual([])
    expect(decode([]).flat()).toEqual([])
  })
})
