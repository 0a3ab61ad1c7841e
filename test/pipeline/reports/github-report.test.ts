import {describe, expect, test} from 'vitest'
import {annotations, stepSummary} from '../../../src/pipeline/reports/github-report.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {hostileReport} from './hostile-report.js'

test('the summary of a step', async () => {
  await expect(stepSummary(exampleReport())).toMatchFileSnapshot('../../data/reports/step-summary.md')
})

test.each([
  [exampleReport().gates, '❌'],
  [exampleReport().gates.filter(({passed}) => passed), '✅'],
  [[], '📊'],
])('its heading tells the verdict (%#)', (gates, sign) => {
  expect(stepSummary(exampleReport({gates}))).toMatch(`## ${sign} whisper-nano on samples: WER 26.19 %`)
})

test('gates that failed are errors, doubts are warnings, and the result is a notice', () => {
  expect(annotations(exampleReport())).toEqual([
    '::error title=lingulu max-wer::WER is 26.19 %25, over the limit of 20.00 %25 by 6.19 points.',
    '::warning title=lingulu evaluate::6 utterances are few: the interval is wide.',
    '::warning title=lingulu evaluate::samples/manifest.jsonl, line 7: the same recording as line 3',
    '::notice title=whisper-nano on samples::WER 26.19 %25, 95 %25 interval 9.17 %25 – 54.55 %25 (bootstrap over 3 speakers); CER 27.27 %25; 6 utterances.',
  ])
})

test.each([
  ['a\nb\r\nc', 'a%0Ab%0Ac'],
  ['50 %', '50 %25'],
  ['%0A', '%250A'],
  ['a: b, c', 'a: b, c'],
  ['\u001B[31m', '␛[31m'],
])('the message %j is written as %s', (message, expected) => {
  const gates = exampleReport().gates.map(gate => ({...gate, message}))
  expect(annotations(exampleReport({gates}))[0]).toBe(`::error title=lingulu max-wer::${expected}`)
})

test.each([
  ['a: b, c', 'a%3A b%2C c'],
  ['50 %', '50 %25'],
  ['a\nb', 'a␊b'],
])('the title %j is written as %s', (name, expected) => {
  expect(annotations(exampleReport({name})).at(-1)).toContain(`::notice title=${expected}::WER`)
})

test('of a kind there are as many as GitHub shows', () => {
  const warnings = Array.from({length: 40}, (_, index) => `warning ${index}`)
  expect(annotations(exampleReport({warnings})).filter(line => line.startsWith('::warning'))).toHaveLength(10)
})

describe('whatever stands in the data, an annotation is one line and no command of the data runs', () => {
  test.each(HOSTILE_TEXTS.map(text => [text.slice(0, 30), text] as const))('%j', (_, text) => {
    for (const line of annotations(hostileReport(text))) {
      expect(line).toMatch(/^::(error|warning|notice) title=[^:,\r\n]*::[^\r\n]*$/)
      expect(line.replaceAll(/%(25|0A|3A|2C)/g, '')).not.toContain('%')
    }
  })
})
