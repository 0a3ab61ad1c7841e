import {describe, expect, test} from 'vitest'
import {type SpellingOptions, sentenceSplitter} from '../../../src/pipeline/language-model/split-sentence.js'

const split = (text: string, options: Partial<SpellingOptions> = {}) =>
  sentenceSplitter({normalize: 'words', case: 'lower', ...options})(text).join('|')

describe('words are spelled as CTC models write them', () => {
  test.each([
    ['MISTER QUILTER IS', 'mister|quilter|is'],
    ['“Well,” he said — and left.', 'well|he|said|and|left'],
    ['It’s the boys’ turn', "it's|the|boys'|turn"],
    ["'So,' said Tom, 'we go'", 'so|said|tom|we|go'],
    ["'tis what they call 'em", "'tis|what|they|call|'em"],
    ["rock 'n' roll", 'rock|n|roll'],
    ["a ' b '' c", 'a|b|c'],
    ['well-known, 24 h', 'well|known|24|h'],
    ['<noise> yes [laughter] no <unk>', 'yes|no'],
    ['Été\u0301 à Zürich', 'été\u0301|à|zürich'],
    ['नमस्ते दुनिया', 'नमस्ते|दुनिया'],
    ['  \t … ', ''],
  ])('%s', (text, expected) => expect(split(text)).toBe(expected))
})

test.each([
  ['upper', "O'Neill's café", "O'NEILL'S|CAFÉ"],
  ['keep', "O'Neill's café", "O'Neill's|café"],
] as const)('case: %s', (letters, text, expected) => expect(split(text, {case: letters})).toBe(expected))

test('without normalisation white space alone parts words, and the marks keep their case', () => {
  expect(split('<s> Well-known, <unk>\t<Noise>\r', {normalize: 'none', case: 'upper'})).toBe(
    '<s>|WELL-KNOWN,|<unk>|<NOISE>',
  )
})
