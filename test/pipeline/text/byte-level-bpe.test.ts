import {describe, expect, test} from 'vitest'
import {
  createByteLevelBpe,
  parseTokenizerJson,
  parseVocabularyFiles,
} from '../../../src/pipeline/text/byte-level-bpe.js'
import {hasTokenizers, readTokenizerFile, WHY_SKIPPED} from './reference.js'

const BYTES = Array.from({length: 256}, (_, byte) => byte)
const LETTERS = BYTES.map(byte => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173))
let next = 256
const VOCAB = Object.fromEntries(BYTES.map(byte => [String.fromCharCode(LETTERS[byte] ? byte : next++), byte]))

const tokenizerJson = (merges: unknown, vocab: unknown = {...VOCAB, he: 256, ll: 257, hell: 258, Ġhe: 259}) =>
  JSON.stringify({version: '1.0', model: {type: 'BPE', vocab, merges}, added_tokens: [{id: 300, content: '<|x|>'}]})

describe('byte-level BPE', () => {
  test.each([
    ['strings', ['h e', 'l l', 'he ll', 'Ġ he']],
    [
      'pairs',
      [
        ['h', 'e'],
        ['l', 'l'],
        ['he', 'll'],
        ['Ġ', 'he'],
      ],
    ],
  ])('merges given as %s are applied best first', (_, merges) => {
    const bpe = createByteLevelBpe(parseTokenizerJson(tokenizerJson(merges), 't'))
    expect(bpe.encode('hello')).toEqual([258, 111])
    expect(bpe.encode(' he he')).toEqual([259, 259])
    expect(bpe.encode('lllll')).toEqual([257, 257, 108])
    expect(bpe.encode('<|x|>')).not.toContain(300)
    expect(bpe.decode([258, 111, 300, 9999])).toBe('hello<|x|>')
  })

  test('white space is Unicode White_Space, of which JavaScript’s \\s is no exact copy', () => {
    const bpe = createByteLevelBpe(parseTokenizerJson(tokenizerJson([]), 't'))
    // U+0085 is white space, U+FEFF is not: neither may be lost.
    for (const text of ['a\u0085b', '\ufeffa', 'a \u2003 b', '\n\n a']) expect(bpe.decode(bpe.encode(text))).toBe(text)
  })

  test('a word of a hundred thousand letters is no trap', () => {
    const bpe = createByteLevelBpe(parseTokenizerJson(tokenizerJson(['h e', 'l l', 'he ll']), 't'))
    expect(bpe.encode('hello'.repeat(20_000))).toHaveLength(40_000)
  })

  test.each([
    ['one for a lone continuation byte', [0x80], '\ufffd'],
    ['one for a cut character', [0xe6, 0x97], '\ufffd'],
    ['one for each byte that cannot begin a character', [0xff, 0xfe], '\ufffd\ufffd'],
    ['three for a surrogate', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    ['one and the letter after a cut character', [0xf0, 0x9f, 0x98, 0x41], '\ufffdA'],
    ['none for a byte order mark', [0xef, 0xbb, 0xbf, 0x41], '\ufeffA'],
    ['two for an overlong slash', [0xc0, 0xaf], '\ufffd\ufffd'],
  ])('bytes that are no text become U+FFFD: %s', (_, bytes, text) => {
    expect(createByteLevelBpe(parseTokenizerJson(tokenizerJson([]), 't')).decode(bytes)).toBe(text)
  })

  test.each([
    ['no JSON', '{', 't is not JSON'],
    ['another kind of model', JSON.stringify({model: {type: 'Unigram', vocab: []}, added_tokens: []}), 'BPE'],
    ['an id that is no number', tokenizerJson([], {a: 'x'}), 'the id of "a"'],
    ['an id beyond reason', tokenizerJson([], {a: 1e15}), 'the id of "a"'],
    ['a list for a vocabulary', tokenizerJson([], ['a']), 'table of tokens'],
    ['merges of three', tokenizerJson([['a', 'b', 'c']]), 'list of merges'],
  ])('a file with %s is refused', (_, json, message) => {
    expect(() => parseTokenizerJson(json, 't')).toThrow(message)
  })

  test('merges whose result the vocabulary lacks are a broken model', () => {
    const bpe = createByteLevelBpe(parseTokenizerJson(tokenizerJson(['x y']), 't'))
    expect(() => bpe.encode('xy')).toThrow(/"xy"/)
  })
})

describe.skipIf(!hasTokenizers)(`a real vocabulary${WHY_SKIPPED}`, () => {
  test('is the same from tokenizer.json and from vocab.json, merges.txt and added_tokens.json', () => {
    const folder = 'whisper-multilingual/'
    const whole = createByteLevelBpe(parseTokenizerJson(readTokenizerFile(`${folder}tokenizer.json`), 't'))
    const parts = createByteLevelBpe(
      parseVocabularyFiles({
        vocabulary: readTokenizerFile(`${folder}vocab.json`),
        merges: readTokenizerFile(`${folder}merges.txt`),
        addedTokens: readTokenizerFile(`${folder}added_tokens.json`),
        name: 'v',
      }),
    )
    const text = ' Thequick brown fox’s 12345 日本語 \n\n x'
    expect(parts.encode(text)).toEqual(whole.encode(text))
    expect(parts.decode([50257, 50258, 2425])).toBe(whole.decode([50257, 50258, 2425]))
  })

  test('loads in little more than the time of JSON.parse', () => {
    const json = readTokenizerFile('whisper-multilingual/tokenizer.json')
    const best = (load: () => unknown): number => Math.min(...[0, 1, 2, 3].map(() => timed(load)))
    const loading = best(() => createByteLevelBpe(parseTokenizerJson(json, 't')).decode([2425]))
    expect(loading).toBeLessThan(4 * best(() => JSON.parse(json)))
  })
})

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
