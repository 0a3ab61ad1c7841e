import {expect, test} from 'vitest'
import {visibleText} from '../../../src/pipeline/text/visible-text.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'

test.each([
  ['a\nb\r\tc', 'a␊b␍␉c'],
  ['\u0000\u001B\u007F', '␀␛␡'],
  ['\u0085', '⟨U+0085⟩'],
  ['\u202Eabc\u2069', '⟨U+202E⟩abc⟨U+2069⟩'],
  ['\u00AD\u200B\uFEFF', '⟨U+00AD⟩⟨U+200B⟩⟨U+FEFF⟩'],
  ['\u2028', '⟨U+2028⟩'],
  ['\uD800x', '⟨U+D800⟩x'],
  ['\uFFFE\u{1FFFF}', '⟨U+FFFE⟩⟨U+1FFFF⟩'],
  ['\u{E0041}', '⟨U+E0041⟩'],
])('%j is shown as %s', (text, shown) => {
  expect(visibleText(text)).toBe(shown)
})

test.each(['Grüße, 東京!', 'שלום', 'می\u200Cخواهم', '👩\u200D🚀', 'e\u0301'])('%s stays', text => {
  expect(visibleText(text)).toBe(text)
})

test('what is visible already stays', () => {
  for (const text of HOSTILE_TEXTS) expect(visibleText(visibleText(text))).toBe(visibleText(text))
})
