import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {normalizeBasic} from '../../../../src/pipeline/text/normalizers/basic.js'
import {normalizeEnglish} from '../../../../src/pipeline/text/normalizers/english.js'
import {standardizeNumbers} from '../../../../src/pipeline/text/normalizers/english-numbers.js'
import {openNormalizer} from '../../../../src/pipeline/text/normalizers/open-normalizer.js'
import {digest} from '../../../../src/pipeline/transcripts/digest.js'
import {hasSharedData, needsSharedData, sharedData} from '../../../support/shared-data.js'
import {readReference} from './reference.js'

const {spellings, cases} = readReference<{spellings: Record<string, string>; cases: [string, string][]}>('english.json')
const table = new Map(Object.entries(spellings))

// tests/test_normalizer.py of openai/whisper.
describe.each([
  ['numbers alone', standardizeNumbers],
  ['the English normalizer', (text: string) => normalizeEnglish(text, table)],
])('numbers as Whisper’s own tests have them: %s', (_, normalize) => {
  test.each([
    ['two', '2'],
    ['thirty one', '31'],
    ['five twenty four', '524'],
    ['nineteen ninety nine', '1999'],
    ['twenty nineteen', '2019'],
    ['two point five million', '2500000'],
    ['four point two billions', '4200000000s'],
    ['200 thousand', '200000'],
    ['200 thousand dollars', '$200000'],
    ['$20 million', '$20000000'],
    ['€52.4 million', '€52400000'],
    ['£77 thousands', '£77000s'],
    ['two double o eight', '2008'],
    ['three thousand twenty nine', '3029'],
    ['forty three thousand two hundred sixty', '43260'],
    ['forty three thousand two hundred and sixty', '43260'],
    ['nineteen fifties', '1950s'],
    ['thirty first', '31st'],
    ['thirty three thousand and three hundred and thirty third', '33333rd'],
    ['three billion', '3000000000'],
    ['millions', '1000000s'],
    ['july third twenty twenty', 'july 3rd 2020'],
    ['august twenty sixth twenty twenty one', 'august 26th 2021'],
    ['3 14', '3 14'],
    ['3.14', '3.14'],
    ['3 point 2', '3.2'],
    ['3 point 14', '3.14'],
    ['fourteen point 4', '14.4'],
    ['two point two five dollars', '$2.25'],
    ['two hundred million dollars', '$200000000'],
    ['$20.1 million', '$20100000'],
    ['ninety percent', '90%'],
    ['seventy six per cent', '76%'],
    ['double oh seven', '007'],
    ['double zero seven', '007'],
    ['nine one one', '911'],
    ['nine double one', '911'],
    ['one triple oh one', '10001'],
    ['two thousandth', '2000th'],
    ['thirty two thousandth', '32000th'],
    ['minus 500', '-500'],
    ['positive twenty thousand', '+20000'],
    ['two dollars and seventy cents', '$2.70'],
    ['3 cents', '¢3'],
    ['$0.36', '¢36'],
    ['three euros and sixty five cents', '€3.65'],
    ['three and a half million', '3500000'],
    ['forty eight and a half dollars', '$48.5'],
    ['b747', 'b 747'],
    ['10 th', '10th'],
    ['10th', '10th'],
  ])('%s → %s', (text, expected) => expect(normalize(text)).toBe(expected))
})

test.each([
  ['mobilisation', 'mobilization'],
  ['cancelation', 'cancellation'],
  ["Let's", 'let us'],
  ["he's like", 'he is like'],
  ["she's been like", 'she has been like'],
  ['10km', '10 km'],
  ['10mm', '10 mm'],
  ['RC232', 'rc 232'],
  ['Mr. Park visited Assoc. Prof. Kim Jr.', 'mister park visited associate professor kim junior'],
])('texts as Whisper’s own tests have them: %s → %s', async (text, expected) => {
  expect(normalizeEnglish(text, table)).toBe(expected)
  const {normalize} = await openNormalizer({name: 'english'})
  expect(normalize(text)).toBe(expected)
})

describe('Whisper’s normalizers in Python', () => {
  test('give the same for thousands of sentences: english', () => {
    expect(cases.length).toBeGreaterThan(2000)
    const different = cases.filter(([text, expected]) => normalizeEnglish(text, table) !== expected)
    expect(different).toEqual([])
  })

  test('give the same for hundreds of sentences: basic', () => {
    const rows = readReference<[string, ...string[]][]>('basic.json')
    expect(rows.length).toBeGreaterThan(200)
    for (const [text, ...expected] of rows) {
      const got = [false, true].flatMap(removeDiacritics =>
        [false, true].map(splitLetters => normalizeBasic(text, {removeDiacritics, splitLetters})),
      )
      expect(got, JSON.stringify(text)).toEqual(expected)
    }
  })

  describe.skipIf(!hasSharedData)(`give the same for corpora${needsSharedData}`, () => {
    const lines = (name: string) =>
      readFileSync(sharedData(`text/${name}`), 'utf8')
        .split('\n')
        .filter(Boolean)
    const TEXTS: Readonly<Record<string, () => string[]>> = {
      'librispeech-dev-clean.trans.txt': () =>
        lines('librispeech-dev-clean.trans.txt').map(line => line.slice(line.indexOf(' ') + 1)),
      'ljspeech-metadata.csv': () => lines('ljspeech-metadata.csv').map(line => line.split('|')[1] ?? ''),
    }
    test.each(Object.entries(readReference<Record<string, Record<string, string | number>>>('corpora.json')))(
      '%s',
      async (name, expected) => {
        const texts = TEXTS[name]?.() ?? []
        const english = await openNormalizer({name: 'english', spellings: sharedData('normalizer/english.json')})
        const hash = (normalize: (text: string) => string) => digest(texts.map(normalize).join('\n'))
        expect({
          lines: texts.length,
          english: hash(english.normalize),
          basic: hash(text => normalizeBasic(text, {removeDiacritics: false, splitLetters: false})),
          basicWithoutDiacritics: hash(text => normalizeBasic(text, {removeDiacritics: true, splitLetters: false})),
        }).toEqual(expected)
      },
      60_000,
    )
  })
})

test('numbers of any length are exact', () => {
  expect(standardizeNumbers('nine decillion and one')).toBe(`9${'0'.repeat(32)}1`)
  expect(standardizeNumbers(`${'7'.repeat(60)} thousand`)).toBe(`${'7'.repeat(53)}8554000`)
})

test('words that JavaScript objects know are only words', () => {
  expect(normalizeEnglish('constructor __proto__ hasOwnProperty', new Map())).toBe('constructor proto hasownproperty')
})
