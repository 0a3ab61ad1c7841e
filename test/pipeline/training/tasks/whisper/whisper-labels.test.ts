import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {parseTokenizerJson} from '../../../../../src/pipeline/text/byte-level-bpe.js'
import type {LanguageCode} from '../../../../../src/pipeline/text/languages.js'
import {createWhisperTokenizer} from '../../../../../src/pipeline/text/whisper-tokenizer.js'
import {
  countedLabels,
  tokenInputs,
  whisperLabels,
} from '../../../../../src/pipeline/training/tasks/whisper/whisper-labels.js'
import {atomModel} from '../../../../support/atom-models.js'
import {goldenWhisper} from '../../../../support/golden-whisper.js'

interface RecipeRow {
  readonly language: LanguageCode
  readonly text: string
  readonly labels: readonly number[]
  readonly tokens: readonly number[]
}

const file = atomModel('whisper-atom/tokenizer.json')
const vocabulary = parseTokenizerJson(readFileSync(file, 'utf8'), file)
const tokenizer = createWhisperTokenizer(vocabulary, {multilingual: true, name: 'atom'})
const open = (language: LanguageCode, options: {leadingSpace?: boolean; lowerCase?: boolean} = {}) =>
  whisperLabels({tokenizer, language, lowerCase: false, ...options})

const recipe: readonly RecipeRow[] = JSON.parse(readFileSync(goldenWhisper('labels.json'), 'utf8'))

test.each(recipe)(
  '$language “$text”: labels are those of Hugging Face’s recipe',
  ({language, text, labels, tokens}) => {
    const leadingSpace = text.startsWith(' ')
    expect(open(language, {leadingSpace}).row(text)).toEqual({labels, tokens})
  },
)

test.each<readonly [string, LanguageCode, {lowerCase?: boolean}, string, string]>([
  ['a space where the language has spaces', 'en', {}, 'Home.', ' Home.'],
  ['none where it has none', 'ja', {}, 'Home.', 'Home.'],
  ['small letters where they are wanted', 'de', {lowerCase: true}, 'HOME.', ' home.'],
  ['nothing of the spaces around it', 'en', {}, '  Home. \n', ' Home.'],
])('a text begins with %s', (_, language, options, text, expected) => {
  expect(tokenizer.decode(open(language, options).textTokens(text))).toBe(expected)
})

test('rows of different lengths become one batch: what follows a row’s end is heard by none and counts for nothing', () => {
  const rows = [
    {tokens: [1, 2, 3], labels: [2, 3, 4]},
    {tokens: [1], labels: [4]},
  ]
  const {tokens, labels, token_mask: mask} = tokenInputs(rows, 9)
  expect(tokens).toEqual({values: Int32Array.of(1, 2, 3, 1, 9, 9), shape: [2, 3]})
  expect(labels?.values).toEqual(Int32Array.of(2, 3, 4, 4, 9, 9))
  expect(countedLabels(rows)).toEqual(Int32Array.of(2, 3, 4, 4, -100, -100))
  expect(Array.from(mask?.values ?? [], value => value === 0)).toEqual(
    [
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ].flat(),
  )
})
