import {describe, expect, test} from 'vitest'
import {evaluationMarkdown} from '../../../src/pipeline/reports/evaluation-markdown.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {hostileReport} from './hostile-report.js'

const CHART = {title: 'Latency', alternative: 'Latency: p50 0.42 s.', path: 'my run.assets/latency.svg'}

test('the whole report', async () => {
  const markdown = evaluationMarkdown(exampleReport(), {charts: [CHART]})
  await expect(markdown).toMatchFileSnapshot('../../data/reports/evaluation.md')
})

test('its first line says whose it is', () => {
  expect(evaluationMarkdown(exampleReport()).split('\n')[0]).toBe('<!-- lingulu evaluation -->')
})

test('speakers stand from the worst to the best, ranges of length as they are', () => {
  const markdown = evaluationMarkdown(exampleReport())
  const places = ['`carla` |', '`bruno` |', '`anna` |', '`3–5 s` |', '`2–3 s` |'].map(text => markdown.indexOf(text))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
})

test('long lists are cut, and the rest is counted', () => {
  const {breakdowns, worst, failures, ...report} = exampleReport()
  const [speakers] = breakdowns
  const [group] = speakers!.groups
  const markdown = evaluationMarkdown({
    ...report,
    breakdowns: [{by: 'speaker', groups: Array.from({length: 75}, (_, index) => ({...group!, value: `s${index}`}))}],
    worst: Array.from({length: 12}, () => worst[0]!),
    failures: Array.from({length: 29}, () => failures[0]!),
    warnings: Array.from({length: 27}, (_, index) => `warning ${index}`),
  })
  expect(markdown.match(/^\| `s\d+` \|/gm)).toHaveLength(30)
  expect(markdown).toContain('… and 45 more: the JSON beside this report has them all.')
  expect(markdown).toContain('… and 2 more.')
  expect(markdown).toContain('… and 9 more')
  expect(markdown).toContain('… and 8 more')
})

test('stored hypotheses have neither speed nor model, and nothing says NaN or null', () => {
  const markdown = evaluationMarkdown(
    exampleReport({
      speed: null,
      model: null,
      wer: null,
      detectable: null,
      intervals: {wer: null, cer: null},
      gates: [],
      breakdowns: [],
      worst: [],
      failures: [],
      warnings: [],
      errors: {confusions: [], substituted: [], deleted: [], inserted: []},
    }),
  )
  expect(markdown).toContain('stored hypotheses were scored')
  expect(markdown).not.toMatch(/NaN|undefined|RTFx|Gates|Worst utterances|Failures/)
  expect(markdown).toContain('| WER, word error rate | n/a | no interval: too few units to draw from |')
})

test('without texts the worst utterances show only the kinds of their errors', () => {
  const {worst} = exampleReport()
  const bare = worst.map(record => ({...record, reference: [], hypothesis: []}))
  const markdown = evaluationMarkdown(exampleReport({worst: bare}))
  expect(markdown).toContain('```text\n=S======I\n```')
  expect(markdown).not.toContain('REF')
})

test('an utterance as long as a lecture is cut', () => {
  const words = Array.from({length: 5000}, (_, index) => `word${index}`)
  const record = {id: 'long', wer: 0, errors: 0, reference: words, hypothesis: words, operations: '='.repeat(5000)}
  const markdown = evaluationMarkdown(exampleReport({worst: [record]}))
  expect(markdown).toContain('… and 4600 words more.')
  expect(markdown).not.toContain('word400')
})

describe('whatever stands in the data', () => {
  const shape = shapeOf(evaluationMarkdown(hostileReport('plain')))
  test.each(HOSTILE_TEXTS.map(text => [text.slice(0, 30), text] as const))(
    '%j leaves the structure as it is',
    (_, text) => {
      const markdown = evaluationMarkdown(hostileReport(text))
      expect(shapeOf(markdown)).toEqual(shape)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(markdown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u2028-\u202E\u2066-\u2069]/)
    },
  )
})

/** Headings and tables outside of code blocks; each row with the number of its cells. */
function shapeOf(markdown: string): string[] {
  const shape: string[] = []
  let fence: string | undefined
  for (const line of markdown.split('\n')) {
    const run = /^(`{3,})\w*$/.exec(line)?.[1]
    if (fence === undefined && run !== undefined) fence = run
    else if (fence !== undefined) {
      if (run === fence) fence = undefined
      continue
    }
    if (line.startsWith('#')) shape.push(line.split(' ')[0] ?? '')
    if (line.startsWith('|')) shape.push(`row of ${line.split('|').length - 2}`)
    if (line.startsWith('- ')) shape.push('item')
    if (line.startsWith('>') || /^(---|===|\d+[.)] )/.test(line)) shape.push(line)
  }
  return [...shape, `open fence: ${fence}`]
}
