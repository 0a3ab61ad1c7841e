import {describe, expect, test} from 'vitest'
import {
  escapeMarkdown,
  escapeMarkup,
  markdownCode,
  markdownFence,
  pathUrl,
} from '../../../src/pipeline/text/markup-text.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'

describe('plain words stay as they are', () => {
  test.each(['kettle', "don't", '1089-134686-0000', 'WER is 26.19 %, over the limit.', 'naïve ½ 東京', 'a/b.flac'])(
    '%s',
    text => {
      expect(escapeMarkdown(text)).toBe(text)
      expect(markdownCode(text)).toBe(`\`${text}\``)
    },
  )
})

test.each([
  ['a|b', 'a&#124;b'],
  ['<b> & `c`', '&lt;b&gt; &amp; &#96;c&#96;'],
  ['*a* _b_ [c](d) ~e~ $f$ \\', '&#42;a&#42; &#95;b&#95; &#91;c&#93;(d) &#126;e&#126; &#36;f&#36; &#92;'],
  ['- a', '&#45; a'],
  ['+ a', '&#43; a'],
  ['12. a', '12&#46; a'],
  ['12) a', '12&#41; a'],
  ['1.', '1&#46;'],
  ['1.5 is 3.', '1.5 is 3.'],
  ['-5 %', '-5 %'],
  ['- - -', '&#45; - -'],
  ['---', '&#45;--'],
  ['# a', '&#35; a'],
  ['@me #1 :tada:', '&#64;<!-- -->me &#35;<!-- -->1 &#58;<!-- -->tada:'],
  ['https://a www.b', 'https&#58;//a www&#46;b'],
  ['a\nb', 'a␊b'],
  ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
  [':100: 1:100: h2:12/', '&#58;<!-- -->100: 1&#58;<!-- -->100: h2:12/'],
])('Markdown shows %j as it is', (text, expected) => {
  expect(escapeMarkdown(text)).toBe(expected)
})

test.each([
  ['', '(empty)'],
  ['a b', '`a b`'],
  ['<i>', '`<i>`'],
  ['a|b', '<code>a&#124;b</code>'],
  ['`', '<code>&#96;</code>'],
  ['\\', '`\\`'],
  ['{"marks": "\\"[0.2, -1]", "a": 1}', '`{"marks": "\\"[0.2, -1]", "a": 1}`'],
  ['0.2|*-1*', '<code>0.2&#124;&#42;-1&#42;</code>'],
  [' a ', '<code>&#32;a&#32;</code>'],
  ['a\tb', '`a␉b`'],
])('a code span of %j', (text, expected) => {
  expect(markdownCode(text)).toBe(expected)
})

test.each([
  ['a', '```\na\n```'],
  ['a ``` b', '````\na ``` b\n````'],
  ['`````', '``````\n`````\n``````'],
])('a fence is longer than the backticks in %j', (lines, expected) => {
  expect(markdownFence(lines)).toBe(expected)
})

test.each([
  ['audio/a b.flac', 'audio/a%20b.flac'],
  ['../x#y?z.wav', '../x%23y%3Fz.wav'],
  ['100%.wav', '100%25.wav'],
  ["it's (1)!*.wav", 'it%27s%20%281%29%21%2A.wav'],
  ['a\\b.wav', 'a%5Cb.wav'],
  ['http://x', 'http%3A//x'],
  ['é.wav', '%C3%A9.wav'],
  ['\uD800.wav', '%EF%BF%BD.wav'],
])('the URL of the path %j', (path, url) => {
  expect(pathUrl(path)).toBe(url)
})

describe('whatever the text', () => {
  test.each(HOSTILE_TEXTS.map(text => [text.slice(0, 30), text] as const))('%j', (_, text) => {
    for (const shown of [escapeMarkdown(text), markdownCode(text), escapeMarkup(text)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(shown).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u200B\u2028-\u202E\u2066-\u2069\uFEFF\uFFFE]|\p{Cs}/u)
    }
    expect(escapeMarkdown(text)).not.toMatch(/[|`*_~$[\]\\{}]/)
    expect(escapeMarkdown(text).replaceAll('<!-- -->', '')).not.toMatch(/[<>@]|#(?!\d+;)|&(?!#?\w+;)/)
    expect(markdownCode(text)).not.toContain('|')
    expect(markdownCode(text).replaceAll(/^`[^`]+`$|^<code>[^<>`]*<\/code>$|^\(empty\)$/g, '')).toBe('')
    expect(escapeMarkup(text)).not.toMatch(/[<>"']|&(?!#?\w+;)/)
  })
})
