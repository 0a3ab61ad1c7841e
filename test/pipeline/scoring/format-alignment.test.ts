import {expect, test} from 'vitest'
import {alignWords} from '../../../src/pipeline/scoring/align-words.js'
import {formatAlignment} from '../../../src/pipeline/scoring/format-alignment.js'
import {displayWidth} from '../../../src/pipeline/text/display-width.js'
import {visibleText} from '../../../src/pipeline/text/visible-text.js'

const align = (reference: string, hypothesis: string) =>
  alignWords(reference.split(' ').filter(Boolean), hypothesis.split(' ').filter(Boolean))

test('three lines: reference, hypothesis, and what is wrong', () => {
  expect(formatAlignment(align('quite a bit of sentence', 'quite bit of longer sentences'))).toBe(
    [
      'REF: quite a bit of ****** sentence',
      'HYP: quite * bit of longer sentences',
      '           D        I      S',
    ].join('\n'),
  )
})

test('lines are broken between words, wide characters counted as two columns', () => {
  expect(formatAlignment(align('日本語 です ね', '日本 です ね'), {width: 17})).toBe(
    ['REF: 日本語 です', 'HYP: 日本   です', '     S', '', 'REF: ね', 'HYP: ね', ''].join('\n'),
  )
})

test('an escape sequence in a text does not reach the terminal', () => {
  const text = formatAlignment(align('a', '\u001b]52;c;aGk=\u0007 \u009b31m \u202eevil'))
  for (const hidden of ['\u001b', '\u0007', '\u009b', '\u202e']) expect(text).not.toContain(hidden)
  expect(text).toContain('␛]52;c;aGk=␇')
})

test('nothing said and nothing heard', () => {
  expect(formatAlignment(align('', ''))).toBe('REF:\nHYP:\n')
})

test.each([
  ['plain', 5],
  ['日本', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['नमस्ते', 4],
  ['', 0],
])('“%s” takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width)
})

test.each([
  ['tab\there', 'tab␉here'],
  ['\u007f', '␡'],
  ['a\u2028b', 'a⟨U+2028⟩b'],
  ['می\u200cخواهم 👩‍👧', 'می\u200cخواهم 👩‍👧'],
  ['\ud800', '⟨U+D800⟩'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown)
})
