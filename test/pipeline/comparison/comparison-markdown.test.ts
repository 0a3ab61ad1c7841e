import {describe, expect, test} from 'vitest'
import {compareReports} from '../../../src/pipeline/comparison/compare-reports.js'
import {comparisonMarkdown} from '../../../src/pipeline/reports/comparison-markdown.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {reportOf, scoreOf} from '../gates/gate-report.js'

/** As a reader sees it: characters that are written as numbers are no concern here. */
const shown = (markdown: string) =>
  markdown.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('<!-- -->', '')

describe('Markdown of a comparison', () => {
  test('has the runs in columns and a section for each run but the first', () => {
    const runs = ['before', 'after', 'later'] as const
    const [a, b, c] = runs.map((label, index) => ({label, file: `${label}.json`, report: reportOf(60, 20 * index)}))
    const markdown = shown(comparisonMarkdown(compareReports([a!, b!, c!], {samples: 100})))
    expect(markdown).toContain('|  | before | after | later |')
    expect(markdown).toContain('| WER | 0.00 % | 3.33 % | 6.67 % |')
    expect(markdown.match(/^## .*/gm)).toEqual(['## after against before', '## later against before'])
    expect(markdown).toContain('| WER | +6.67 points |')
    expect(markdown).toContain(
      '| MAPSSWE | p &lt; 0.001 over 20 segments, significant at 0.05: after makes more errors; so few segments make it rough |',
    )
  })

  test('takes nothing of the data for markup', () => {
    const hostile = '<img src=x> | [a](b) `c`\n# d'
    const report = (operations: string) =>
      reportOf(1, 0, {
        scores: [scoreOf(hostile, operations, {referenceText: hostile, hypothesisText: hostile})],
        model: {name: hostile, hash: '0', precision: 'fp32', provider: 'cpu'},
      })
    const named = (label: string, operations: string) => ({label, file: label, report: report(operations)})
    const markdown = comparisonMarkdown(compareReports([named(hostile, '=='), named(`${hostile} 2`, 'SS')]))
    expect(markdown).not.toContain('<img')
    expect(markdown).not.toContain('[a](b)')
    expect(markdown).not.toMatch(/^# d/m)
    const columns = markdown
      .split('\n')
      .slice(2)
      .filter(line => /^\|/.test(line) && !line.includes('<code>'))
    expect(new Set(columns.map(line => line.split(' | ').length))).toEqual(new Set([2, 3, 4]))
  })

  test('says why there are no tests', () => {
    const other = exampleReport({normalizer: {...exampleReport().normalizer, name: 'none', hash: 'c'.repeat(64)}})
    const document = compareReports([
      {label: 'a', file: 'a', report: exampleReport()},
      {label: 'b', file: 'b', report: other},
    ])
    expect(comparisonMarkdown(document)).toContain(
      '| Tests | none: the normalizer is none (cccccccccccc), not basic (5e1a0c2d9b7f) |',
    )
  })
})
