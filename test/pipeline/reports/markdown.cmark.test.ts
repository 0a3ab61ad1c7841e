import {spawnSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {evaluationMarkdown} from '../../../src/pipeline/reports/evaluation-markdown.js'
import {stepSummary} from '../../../src/pipeline/reports/github-report.js'
import {escapeMarkdown, markdownCode} from '../../../src/pipeline/text/markup-text.js'
import {visibleText} from '../../../src/pipeline/text/visible-text.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {hostileReport} from './hostile-report.js'

/** GitHub's own reader of Markdown. Where it is not installed, the tests of the renderers themselves remain. */
const hasReader = spawnSync('cmark-gfm', ['--version']).status === 0
const EXTENSIONS = ['table', 'strikethrough', 'autolink', 'tasklist'].flatMap(name => ['-e', name])

describe.skipIf(!hasReader)("GitHub's reader shows every text as it is", () => {
  test.each(HOSTILE_TEXTS.map(text => [text.slice(0, 30), text] as const))('%j', (_, text) => {
    const escaped = escapeMarkdown(text)
    const html = toHtml(
      `| a | b |\n| - | - |\n| ${escaped} | ${markdownCode(text)} |\n\n- ${escaped}\n\nof ${escaped} end\n\n# ${escaped}\n`,
    )
    const shown = visibleText(text)
    const code = shown === '' ? '(empty)' : `<code>${shown}</code>`
    expect(contents(html, 'td')).toEqual([shown.trim(), code])
    expect(contents(html, 'li')).toEqual([shown.trim()])
    expect(contents(html, 'p')).toEqual([`of ${shown} end`])
    expect(contents(html, 'h1').join('')).toBe(shown.trim())
  })
})

describe.skipIf(!hasReader).each([
  ['a report', evaluationMarkdown],
  ['a summary', stepSummary],
])('%s has the same elements', (_, render) => {
  const tags = (text: string) => toHtml(render(hostileReport(text))).match(/<\/?[a-z]\w*/g)
  test.each(HOSTILE_TEXTS.filter(text => text !== '').map(text => [text.slice(0, 30), text] as const))(
    'with %j in it',
    (_, text) => {
      expect(tags(text)).toEqual(tags('plain'))
    },
  )
})

const toHtml = (markdown: string): string =>
  spawnSync('cmark-gfm', ['--unsafe', ...EXTENSIONS], {input: markdown, encoding: 'utf8'}).stdout

const contents = (html: string, tag: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, content = '']) => decode(content))

const decode = (html: string): string =>
  html
    .replaceAll('<!-- -->', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
