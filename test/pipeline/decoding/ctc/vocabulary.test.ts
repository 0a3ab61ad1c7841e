import {describe, expect, test} from 'vitest'
import type {TokenSpan} from '../../../../src/pipeline/decoding/ctc/token-span.js'
import {ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'
import {textOf, wordsOf} from '../../../../src/pipeline/decoding/ctc/words.js'

type Case = [
  name: string,
  vocabulary: string[],
  wordDelimiter: string | undefined,
  said: string[],
  text: string,
  words: string[],
]

describe('tokens make words', () => {
  test.each<Case>([
    [
      'letters with a bar between words',
      ['-', '|', 'A', 'B'],
      '|',
      ['|', 'A', 'B', '|', '|', 'A', '|'],
      'AB A',
      [' AB', ' A'],
    ],
    ['letters with a space between words', ['-', ' ', 'a', 'b'], undefined, ['a', ' ', 'b'], 'a b', [' a', ' b']],
    [
      'word pieces',
      ['-', '▁the', '▁', 's', '▁a'],
      undefined,
      ['▁the', 's', '▁', 's', '▁a'],
      'thes s a',
      [' thes', ' s', ' a'],
    ],
    ['a piece marked on both sides', ['-', '▁a', '▁⁇▁', 's'], undefined, ['▁a', '▁⁇▁', 's'], 'a ⁇s', [' a', ' ⁇s']],
    ['a bar that is not said with word pieces', ['-', '▁a', 'b', '|'], '|', ['▁a', 'b', '▁a'], 'ab a', [' ab', ' a']],
    ['phones', ['-', 'h', 'ə', 'oʊ'], undefined, ['h', 'ə', 'oʊ'], 'h ə oʊ', [' h', ' ə', ' oʊ']],
    ['characters without spaces', ['-', '中', '文'], undefined, ['中', '文', '中'], '中文中', ['中', '文', '中']],
    [
      'characters with some spaces',
      ['-', '|', 'の', 'a'],
      '|',
      ['の', 'の', '|', 'a', 'の'],
      'のの aの',
      ['の', 'の', ' a', 'の'],
    ],
    ['special tokens', ['-', '<unk>', '|', 'a'], '|', ['a', '<unk>', 'a', '|', '<unk>'], 'aa', [' aa']],
  ])('%s', (_, vocabulary, wordDelimiter, said, text, words) => {
    const special = new Set([0, ...vocabulary.flatMap((token, id) => (token.startsWith('<') ? [id] : []))])
    const known = ctcVocabulary({vocabulary, blank: 0, wordDelimiter, special})
    const tokens = said.map(token => vocabulary.indexOf(token))
    expect(textOf(tokens, known)).toBe(text)
    const spans: TokenSpan[] = tokens.map((token, i) => ({token, start: 2 * i, end: 2 * i + 1, logProbability: 0}))
    const found = wordsOf(spans, known)
    expect(found.map(word => word.separator + word.text)).toEqual(words)
    for (const {
      tokens: [first, ...rest],
      start,
      end,
    } of found) {
      expect(start).toBe(first!.start)
      expect(end).toBe((rest.at(-1) ?? first)!.end)
    }
  })
})
