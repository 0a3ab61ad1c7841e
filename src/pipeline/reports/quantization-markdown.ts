import type {QuantizationReport} from '../quantize/quantization-report.js'
import {escapeMarkdown, markdownCode, markdownFence, pathUrl} from '../text/markup-text.js'
import {visibleText} from '../text/visible-text.js'
import {cutText} from './cells.js'
import type {ChartFile, MarkdownOptions} from './evaluation-markdown.js'
import {markdownTable} from './markdown-table.js'
import {
  candidateTable,
  conditionTable,
  measureTable,
  outputErrorTable,
  sensitivityTable,
} from './quantization-tables.js'
import {REPORT_MARKER} from './report-marker.js'

const LONGEST_NAME = 200 // characters
const MOST = {errors: 30, groups: 40, nodes: 8} as const

/** What quantization did to a model, for GitHub and every other reader of Markdown with tables. */
export function quantizationMarkdown(report: QuantizationReport, {charts = []}: MarkdownOptions = {}): string {
  const sections = [
    `${REPORT_MARKER}\n# Quantization: ${escapeMarkdown(cutText(report.name, LONGEST_NAME))}`,
    markdownTable(measureTable(report)),
    howMeasured(report),
    section('Warnings', list(report.warnings)),
    section('Not measured', list(unmeasured(report))),
    search(report),
    section('Errors of the outputs', outputErrors(report)),
    sensitivity(report, charts),
    section('Conditions', markdownTable(conditionTable(report))),
    section('Options', markdownFence(indented(report.options), 'json')),
  ]
  return `${sections.filter(part => part !== '').join('\n\n')}\n`
}

const section = (title: string, content: string): string => (content === '' ? '' : `## ${title}\n\n${content}`)

const list = (items: readonly string[]): string => items.map(item => `- ${escapeMarkdown(item)}`).join('\n')

function howMeasured({normalizer}: QuantizationReport): string {
  const times =
    'Times are medians with the quickest and the slowest round, after a warm-up; RTFx is that of one run; the WER has the interval of resampled utterances.'
  if (normalizer === null) return times
  const {name, hash} = normalizer
  return `Texts are compared after the normalizer ${markdownCode(name)} (${markdownCode(hash.slice(0, 12))}). ${times}`
}

/** What could not be seen, or would be obeyed, becomes visible; lines stay lines. */
const indented = (value: unknown): string =>
  JSON.stringify(value, null, 2)
    .split('\n')
    .map(line => visibleText(line))
    .join('\n')

const unmeasured = ({source, candidate}: QuantizationReport): string[] => [
  ...new Set([...source.unmeasured, ...candidate.unmeasured].map(({figure, reason}) => `${figure}: ${reason}.`)),
]

function search(report: QuantizationReport): string {
  if (report.search === null) return ''
  const {budget, groups, kept} = report.search
  const points = (share: number) => `${(share * 100).toFixed(2)} points`
  const limit = `the budget of ${points(budget)}`
  const found =
    kept.length === 0
      ? `With every group quantized the word error rate stays within ${limit}.`
      : `${keptOf(kept.length, groups)}; with one less in float the word error rate rises by more than ${limit}.`
  const parts = [found, keptList(report), markdownTable(candidateTable(report.search))]
  return section('Kept in float', parts.filter(part => part !== '').join('\n\n'))
}

const keptOf = (kept: number, groups: number): string =>
  kept === 1
    ? `The most sensitive of ${groups} groups stays in float`
    : `The ${kept} most sensitive of ${groups} groups stay in float`

function keptList({search, sensitivity}: QuantizationReport): string {
  const lines = (search?.kept ?? []).map(({graph, name, nodes}) => {
    const error = sensitivity.find(record => record.graph === graph && record.name === name)?.rmsRelativeError
    const why = error == null ? '' : `, relative RMS error ${(error * 100).toPrecision(3)} % when it alone is quantized`
    const count = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
    return `- ${markdownCode(cutText(name, LONGEST_NAME))} of ${markdownCode(graph)}: ${count}${why}`
  })
  return lines.join('\n')
}

function outputErrors({outputErrors: errors}: QuantizationReport): string {
  return errors.length === 0 ? '' : markdownTable(outputErrorTable(errors), MOST.errors)
}

function sensitivity(report: QuantizationReport, charts: readonly ChartFile[]): string {
  if (report.sensitivity.length === 0) return ''
  const images = charts.map(({alternative, path}) => `![${escapeMarkdown(alternative)}](${pathUrl(path)})`)
  return section('Sensitivity', [...images, markdownTable(sensitivityTable(report), MOST.groups)].join('\n\n'))
}
