import {describe, expect, test} from 'vitest'
import {createBytePairEncoder, learnBytePairs} from '../../../../../src/pipeline/training/tasks/ctc/byte-pairs.js'
import {CtcModelConfig} from '../../../../../src/pipeline/training/tasks/ctc/ctc-config.js'
import {
  bestPath,
  createTargets,
  makeVocabularies,
  writeTokens,
} from '../../../../../src/pipeline/training/tasks/ctc/ctc-targets.js'
import {spellText} from '../../../../../src/pipeline/training/tasks/ctc/spell-text.js'
import type {TrainingItem} from '../../../../../src/pipeline/training/tasks/training-task.js'

const item = (text: string, phones?: readonly string[]): TrainingItem => ({
  id: 'u',
  audio: 'u.wav',
  seconds: 1,
  text,
  phones,
  speaker: undefined,
  label: undefined,
})
const config = (settings: object) => CtcModelConfig.parse({architecture: 'conformer', ...settings})
const LEXICON = {
  words: new Map([
    ['CAT', ['K', 'AE', 'T']],
    ["CAT'S", ['K', 'AE', 'T', 'S']],
  ]),
  phones: new Set(['AE', 'K', 'S', 'T']),
}

test.each([
  ['upper', 'The cat’s well-known “house”, no. 7.', "THE CAT'S WELL KNOWN HOUSE NO 7"],
  ['lower', "'Tis ÉTÉ -- \n ok '", "'tis été ok"],
  ['keep', "rock 'n' roll", "rock 'n' roll"],
  ['upper', ' ... ', ''],
] as const)('spells %s: %s', (casing, text, spelled) => {
  expect(spellText(text, casing)).toBe(spelled)
})

describe('characters', () => {
  test('are those of the texts, the blank first and the delimiter last', () => {
    const {written} = makeVocabularies(config({}), [item('abc'), item("c'est")], undefined)
    expect(written.tokens).toEqual(['<pad>', "'", 'A', 'B', 'C', 'E', 'S', 'T', '|'])
  })

  test('of words are ids, and back', () => {
    const {written} = makeVocabularies(config({}), [item('cab abc')], undefined)
    const target = createTargets(written, 'upper', undefined)(item('a Cab'))
    expect(target).toEqual({ids: [1, 4, 3, 1, 2]})
    expect(writeTokens(written, 'ids' in target ? target.ids : [])).toBe('A CAB')
  })

  test('that are given come once each, in one spelling, the delimiter not among them', () => {
    const {written} = makeVocabularies(config({alphabet: 'BA| E\u0301B'}), [], undefined)
    expect(written.tokens).toEqual(['<pad>', 'A', 'B', 'É', '|'])
  })

  test('that the model does not have are told', () => {
    const {written} = makeVocabularies(config({alphabet: 'ABC'}), [item('abz')], undefined)
    expect(createTargets(written, 'upper', undefined)(item('abz'))).toEqual({reason: expect.stringContaining('"Z"')})
    expect(createTargets(written, 'upper', undefined)(item('?'))).toEqual({reason: 'its text is empty'})
  })
})

describe('phones', () => {
  const {written, phones} = makeVocabularies(config({phone_head: {}}), [item("cat's")], LEXICON)

  test('are those of the lexicon, of the second head', () => {
    expect(written.tokens).toContain('C')
    expect(phones?.tokens).toEqual(['<pad>', 'AE', 'K', 'S', 'T'])
  })

  test('come from the lexicon, or from the item', () => {
    const targets = createTargets(phones!, 'upper', LEXICON)
    expect(targets(item("Cat, cat's"))).toEqual({ids: [2, 1, 4, 2, 1, 4, 3]})
    expect(targets(item('dog', ['T', 'S']))).toEqual({ids: [4, 3]})
    expect(targets(item('dog'))).toEqual({reason: expect.stringContaining('"DOG"')})
  })

  test('without a lexicon are refused', () => {
    expect(() => makeVocabularies(config({tokens: 'phones'}), [item('cat')], undefined)).toThrow(/there are none/)
  })
})

describe('byte pairs', () => {
  const texts = [
    'low low low low low',
    'lower lower',
    'newest newest newest newest newest newest',
    'widest widest widest',
  ]

  test('are learnt by frequency (the example of Sennrich et al., with the mark at the beginning)', () => {
    const {merges} = learnBytePairs(texts, 17)
    // Counted by hand: e s is in newest (6) and widest (3).
    expect(merges.slice(0, 2)).toEqual([
      ['e', 's'],
      ['es', 't'],
    ])
  })

  test('split any text of their characters, and give it back', () => {
    const pairs = learnBytePairs(texts, 24)
    const encode = createBytePairEncoder(pairs)
    expect(encode('lowest newer').join('').replaceAll('▁', ' ').trim()).toBe('lowest newer')
    expect(encode('newest')).toEqual(['▁newest'])
    expect(pairs.pieces).toEqual(expect.arrayContaining([...encode('lowest newer')]))
  })

  test('write words', () => {
    const {written} = makeVocabularies(
      config({tokens: 'bpe', vocabulary_size: 40, case: 'lower'}),
      texts.map(text => item(text)),
      undefined,
    )
    const target = createTargets(written, 'lower', undefined)(item('newest low'))
    expect('ids' in target && writeTokens(written, target.ids)).toBe('newest low')
  })
})

test('the best path lets repeats fall together and blanks away', () => {
  // Two heads of 3 and 2 tokens; best of the first by frame: 1 1 0 1 2, of the second: 0 1 1 0 1.
  const rows = [
    [0, 9, 1, 5, 0],
    [0, 9, 1, 0, 5],
    [9, 0, 1, 0, 5],
    [0, 9, 1, 5, 0],
    [0, 1, 9, 0, 5],
  ]
  const logits = Float32Array.from(rows.flat())
  const place = {start: 0, frames: 5, width: 5}
  expect(bestPath(logits, {...place, offset: 0, classes: 3})).toEqual([1, 1, 2])
  expect(bestPath(logits, {...place, offset: 3, classes: 2})).toEqual([1, 1])
})
